// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.ApicTimerMode;

/** The parts of a local APIC that hold its state. Owner only. */
record ApicParts(
        ApicIdentity identity,
        PendingVectors mailbox,
        PriorityLogic priorities,
        ApicRegisters registers,
        LocalVectorTable lvt,
        ApicTimer timer,
        ProcessorEvents events) {

    /** The mailbox is empty. */
    LocalApicState save(int initialApicId, int smis) {
        return new LocalApicState(
                LocalApicState.CURRENT_VERSION,
                initialApicId,
                identity.base(),
                identity.save(),
                priorities.save(),
                registers.save(),
                lvt.save(),
                timer.save(),
                events.save(),
                smis);
    }

    /** What is refused is refused before anything has changed. */
    void restore(LocalApicState state, int initialApicId, ApicModel model) {
        if (state.initialApicId() != initialApicId) {
            throw new IllegalArgumentException(
                    "the state is that of APIC " + state.initialApicId() + ", not of APIC " + initialApicId);
        }
        if (state.timer().tscDeadline() != 0 && !model.tscDeadline()) {
            throw new IllegalArgumentException("the state has a TSC deadline, which this APIC's timer does not know");
        }
        identity.restore(state.base(), state.ids(), state.registers().softwareEnabled());
        mailbox.discard();
        priorities.restore(state.vectors());
        registers.restore(state.registers());
        lvt.restore(state.localVectors());
        timer.restore(state.timer(), ApicTimerMode.of(lvt.read(ApicRegister.LVT_TIMER)));
        events.restore(state.events());
    }
}
