// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.x86.DeliveryMode;

/**
 * KVM_HC_KICK_CPU: wakes a processor from HLT.
 *
 * <ul>
 *   <li>Models: the kick as a message to one APIC id, which takes the time that messages take.
 *   <li>Spec: Linux, Documentation/virt/kvm/x86/hypercalls.rst.
 *   <li>Not modelled: KVM's reading of id 0xFF as everybody; the text speaks of the vCPU to be woken up. Where an id is
 *       shared, the APIC with the lowest x2APIC id is meant.
 *   <li>Threading: any thread.
 * </ul>
 */
public final class PvKick {
    /**
     * What travels: a remote read, by which KVM carries its kick too. No APIC here accepts one, so whoever takes
     * requests out of a {@link Transit} can tell it from all others and calls {@link KvmProcessor#kick}.
     */
    public static final int REQUEST = DeliveryMode.REMOTE_READ.bits();

    private final ApicBus bus;
    private final Transit transit;

    /** Finds its target on bus and hands the kick to transit, whose receiver calls {@link KvmProcessor#kick}. */
    public PvKick(ApicBus bus, Transit transit) {
        this.bus = bus;
        this.transit = transit;
    }

    /** Kicks the processor with this physical id; nobody where there is none. */
    public void kick(int apicId) {
        LocalApic target = bus.map().physical(apicId);
        if (target != null) {
            transit.carry(target, REQUEST);
        }
    }
}
