// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.Msi;

/**
 * The EOIs that matter where the IOAPIC is the VMM's: its pins are the MSI routes of the first GSIs.
 *
 * <ul>
 *   <li>Models: KVM_CAP_SPLIT_IRQCHIP; and, which KVM lacks, acknowledge notifiers (so resamplers) on these routes.
 *   <li>Threading: immutable but for what it asks of others; calls on the APIC's owner thread.
 * </ul>
 */
final class SplitEois {
    private final int routes;
    private final IoApicEoiPort ioApic;
    private final AckNotifiers notifiers;

    SplitEois(int routes, IoApicEoiPort ioApic, AckNotifiers notifiers) {
        this.routes = routes;
        this.ioApic = ioApic;
        this.notifiers = notifiers;
    }

    void eoi(GsiRoutingTable table, LocalApic apic, int vector, boolean levelTriggered) {
        if (levelTriggered && apic.suppressesEoiBroadcast()) {
            return;
        }
        boolean forIoApic = false;
        for (int gsi = table.nextGsiOfVector(vector, -1); gsi >= 0 && gsi < routes; ) {
            GsiRoute.Msi route = table.msi(gsi);
            // A level may have been sent before the route changed its destination.
            if (levelTriggered || ApicBus.mayReach(apic, route.address())) {
                notifiers.acknowledge(gsi);
                forIoApic |= Msi.levelTriggered(route.data());
            }
            gsi = table.nextGsiOfVector(vector, gsi);
        }
        if (forIoApic) {
            ioApic.ended(apic, vector);
        }
    }

    void collect(GsiRoutingTable table, LocalApic apic, VectorBitmap into) {
        for (int gsi = 0; gsi < routes; gsi++) {
            for (GsiRoute route : table.routes(gsi)) {
                if (route instanceof GsiRoute.Msi msi && matters(msi, apic)) {
                    into.add(Msi.vector(msi.data()));
                }
            }
        }
    }

    private boolean matters(GsiRoute.Msi msi, LocalApic apic) {
        int vector = Msi.vector(msi.data());
        boolean awaited = Msi.levelTriggered(msi.data()) || notifiers.has(msi.gsi());
        boolean here = ApicBus.mayReach(apic, msi.address())
                || apic.irr().contains(vector)
                || apic.isr().contains(vector);
        return awaited && here && GsiRoutingTable.hasVector(msi) && vector >= ApicError.FIRST_LEGAL_VECTOR;
    }
}
