// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.hyperv.GuestPorts;
import dev.synapic.interrupts.hyperv.HypervPartition;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.hyperv.SintMessageQueue;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.kvm.KvmClock;
import dev.synapic.interrupts.kvm.KvmProcessor;
import dev.synapic.interrupts.pit.Pit8254;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChips;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a machine's interrupt fabric that hold state, to be saved, restored and reset in one piece.
 *
 * <p>The machine is at rest meanwhile: no vCPU runs, nothing is under way in its {@code Transit}. What is restored into
 * was built as what was saved: the same processors, models, lines and queues. Parts can also be restored one by one, in
 * any order, but that a processor's KVM side comes behind its Hyper-V side and the pages of the VMM come last.
 *
 * @param processors in the order of the state
 * @param chips null with a split or no interrupt chip
 * @param pit null where there is none
 * @param pages what the VMM knows of the guests' pages; brought up to date by a restore
 * @param queues the VMM's message queues
 * @param ports what the guest makes of its own; null where it cannot
 */
public record Fabric(
        List<Processor> processors,
        HypervPartition partition,
        KvmClock kvmClock,
        IrqChip routing,
        @Nullable IrqChips chips,
        @Nullable Pit8254 pit,
        ApicvState apicv,
        SynIcPages pages,
        List<SintMessageQueue> queues,
        @Nullable GuestPorts ports) {

    /** Copies the lists; the parts stay their owner's. */
    public Fabric {
        processors = List.copyOf(processors);
        queues = List.copyOf(queues);
    }

    /** One virtual processor. */
    public record Processor(LocalApic apic, HypervProcessor hyperv, KvmProcessor kvm) {
        private FabricState.Processor save() {
            return new FabricState.Processor(apic.save(), hyperv.save(), kvm.save());
        }

        /** Who wins where both front ends end interrupts lazily stands in KVM's state. */
        private void restore(FabricState.Processor state) {
            apic.restore(state.apic());
            hyperv.restore(state.hyperv());
            kvm.restore(state.kvm());
        }

        private void reset() {
            kvm.reset();
            hyperv.reset();
            apic.reset();
        }
    }

    /** The state of all parts; what was in mailboxes is in the APICs'. */
    public FabricState save() {
        return new FabricState(
                FabricState.CURRENT_VERSION,
                processors.stream().map(Processor::save).toList(),
                partition.save(),
                kvmClock.save(),
                routing.save(),
                chips == null
                        ? null
                        : new FabricState.Chips(
                                chips.ioApic().save(), chips.pic().save()),
                pit == null ? null : pit.save(),
                apicv.save(),
                queues.stream().map(SintMessageQueue::save).toList(),
                ports == null ? null : ports.save());
    }

    /**
     * Takes all over. Sends, acknowledges and writes nothing.
     *
     * @throws IllegalArgumentException for the state of another machine, or one that no machine can have; parts may have
     *     been restored by then
     */
    public void restore(FabricState state) {
        requireSame("processors", processors.size(), state.processors().size());
        requireSame("message queues", queues.size(), state.queues().size());
        FabricState.Chips chipsState = state.chips();
        requireSame("interrupt chips", chips == null ? 0 : 1, chipsState == null ? 0 : 1);
        requireSame("interval timers", pit == null ? 0 : 1, state.pit() == null ? 0 : 1);
        requireSame("sets of guest ports", ports == null ? 0 : 1, state.ports() == null ? 0 : 1);
        apicv.restore(state.apicv());
        partition.restore(state.partition());
        kvmClock.restore(state.kvmClock());
        routing.restore(state.routing());
        if (chips != null && chipsState != null) {
            chips.ioApic().restore(chipsState.ioApic());
            chips.pic().restore(chipsState.pic());
        }
        if (pit != null && state.pit() != null) {
            pit.restore(state.pit());
        }
        for (int i = 0; i < processors.size(); i++) {
            processors.get(i).restore(state.processors().get(i));
        }
        for (int i = 0; i < queues.size(); i++) {
            queues.get(i).restore(state.queues().get(i));
        }
        if (ports != null && state.ports() != null) {
            ports.restore(state.ports());
        }
        for (Processor processor : processors) {
            pages.restore(processor.hyperv().synIc());
        }
    }

    private static void requireSame(String what, int here, int saved) {
        if (here != saved) {
            throw new IllegalArgumentException("the state has " + saved + " " + what + ", this machine has " + here);
        }
    }

    /**
     * System reset: as after power-on, but for what is the devices' and the VMM's: levels of lines, routes, activation of
     * SynICs, queued messages, re-injection, the reference time.
     */
    public void reset() {
        for (Processor processor : processors) {
            processor.reset();
        }
        if (chips != null) {
            chips.ioApic().reset();
            chips.pic().reset();
        }
        if (pit != null) {
            pit.reset();
        }
        partition.reset();
        kvmClock.reset();
        if (ports != null) {
            ports.reset();
        }
    }
}
