// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.interrupts.routing.GsiRoute;
import java.util.ArrayList;
import java.util.List;

/**
 * What both machines look like: processors, routes and irqfds.
 *
 * @param apicIds in ascending order, the first one the bootstrap processor's
 */
record Shape(List<Integer> apicIds) {
    static final int MAX_VCPUS = 16;
    static final int IOAPIC_PINS = 24;
    /** The first of the GSIs that are messages. */
    static final int FIRST_MSI_GSI = IOAPIC_PINS;

    static final int MSI_GSIS = 4;
    /** Where the vectors of the 8259A pair begin until a step says otherwise. */
    static final int MASTER_BASE = 0x20;

    static final int SLAVE_BASE = 0x28;

    private static final int PIC_PINS = 8;
    private static final int CASCADE = 2;
    private static final int MASTER = 0;
    private static final int IOAPIC = 2;

    /** An eventfd that raises a GSI, with or without one that hears of the acknowledgement. */
    record Trigger(int gsi, boolean resamples) {}

    /** By number: lines of both chips, of the I/O APIC alone, and a message. */
    static final List<Trigger> TRIGGERS = List.of(
            new Trigger(5, false),
            new Trigger(10, true),
            new Trigger(11, true),
            new Trigger(17, true),
            new Trigger(18, false),
            new Trigger(FIRST_MSI_GSI, false));

    Shape {
        if (apicIds.isEmpty() || apicIds.size() > MAX_VCPUS) {
            throw new IllegalArgumentException("a machine has 1 to 16 vCPUs here, not " + apicIds.size());
        }
        apicIds = List.copyOf(apicIds);
    }

    /** count processors whose ids are stride apart. */
    static Shape of(int count, int stride) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            ids.add(i * stride);
        }
        return new Shape(ids);
    }

    int vcpus() {
        return apicIds.size();
    }

    /** Each of the first 16 GSIs is a pin of both chips, the next 8 one of the I/O APIC, and four are messages to nobody. */
    static List<GsiRoute> routes() {
        List<GsiRoute> routes = new ArrayList<>();
        for (int gsi = 0; gsi < IOAPIC_PINS; gsi++) {
            if (gsi < 2 * PIC_PINS && gsi != CASCADE) {
                routes.add(new GsiRoute.IrqChipPin(gsi, MASTER + gsi / PIC_PINS, gsi % PIC_PINS));
            }
            routes.add(new GsiRoute.IrqChipPin(gsi, IOAPIC, gsi));
        }
        for (int i = 0; i < MSI_GSIS; i++) {
            routes.add(new GsiRoute.Msi(FIRST_MSI_GSI + i, 0xFEEF_E000L, 0x40));
        }
        return routes;
    }

    /** The table with another message. */
    static List<GsiRoute> changed(List<GsiRoute> routes, Step step) {
        GsiRoute.Msi message = new GsiRoute.Msi(step.at(), step.value() & 0xFFFF_FFFFL, (int) (step.value() >>> 32));
        return routes.stream()
                .map(route -> route.gsi() == message.gsi() ? message : route)
                .toList();
    }
}
