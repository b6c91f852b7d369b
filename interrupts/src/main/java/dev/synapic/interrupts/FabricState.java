// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.LocalApicState;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.hyperv.GuestPorts;
import dev.synapic.interrupts.hyperv.HypervPartition;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.hyperv.SintMessageQueue;
import dev.synapic.interrupts.ioapic.IoApicState;
import dev.synapic.interrupts.kvm.KvmClock;
import dev.synapic.interrupts.kvm.KvmProcessor;
import dev.synapic.interrupts.pic.PicState;
import dev.synapic.interrupts.pit.PitState;
import dev.synapic.interrupts.routing.IrqChipState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All state of a machine's interrupt fabric. Times are absolute, of the clock that the machine goes on with; guest memory,
 * with the message, event and assist pages in it, and the processors' own registers travel apart.
 *
 * @param processors in the order of {@link Fabric}
 * @param pit null where the timer is not the fabric's
 * @param queues the VMM's message queues, in the order of {@link Fabric}
 * @param ports null where the guest cannot make any
 */
public record FabricState(
        int version,
        List<Processor> processors,
        HypervPartition.State partition,
        KvmClock.State kvmClock,
        IrqChipState routing,
        @Nullable Chips chips,
        @Nullable PitState pit,
        ApicvState.State apicv,
        List<SintMessageQueue.State> queues,
        GuestPorts.@Nullable State ports) {
    public static final int CURRENT_VERSION = 2;

    /** Throws IllegalArgumentException for a version that this build does not read. */
    public FabricState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "fabric state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        processors = List.copyOf(processors);
        queues = List.copyOf(queues);
    }

    /** The same, but for the reasons against APICv: a host's differ. */
    public FabricState with(ApicvState.State reasons) {
        return new FabricState(version, processors, partition, kvmClock, routing, chips, pit, reasons, queues, ports);
    }

    /** One virtual processor. */
    public record Processor(LocalApicState apic, HypervProcessor.State hyperv, KvmProcessor.State kvm) {
        /** Throws IllegalArgumentException where the guest is offered the EOI of another vector than the highest in service. */
        public Processor {
            requireInService(hyperv.assistPage().offeredVector(), apic);
            requireInService(kvm.pvEoi().offeredVector(), apic);
        }

        private static void requireInService(int offered, LocalApicState apic) {
            if (offered != LocalApic.NO_VECTOR
                    && offered != highest(apic.vectors().isr())) {
                throw new IllegalArgumentException(
                        "the EOI of vector " + offered + " is the guest's, but the highest in" + " service is "
                                + highest(apic.vectors().isr()));
            }
        }

        private static int highest(List<Long> words) {
            for (int i = words.size() - 1; i >= 0; i--) {
                if (words.get(i) != 0) {
                    return (i << 6) + 63 - Long.numberOfLeadingZeros(words.get(i));
                }
            }
            return LocalApic.NO_VECTOR;
        }
    }

    /** The chips of a full interrupt controller. */
    public record Chips(IoApicState ioApic, PicState pic) {}
}
