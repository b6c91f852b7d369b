// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.SintMessageQueue.Outcome;
import dev.synapic.interrupts.hyperv.SintMessageQueue.WhenDisabled;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.PinPort;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.interrupts.routing.SintLine;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvSint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole way of the founding patch: VMM -> irqfd -> GSI -> SINT -> vector, and EOI or EOM -> resampler -> VMM. */
class SynIcThroughIrqfdTest {
    private static final int VP = 1;
    private static final int SINT = 2;
    private static final int SINT_MSR = HvMsr.HV_X64_MSR_SINT0 + SINT;
    private static final int VECTOR = 0x61;
    private static final long SLOT = VirtualProcessors.simpPage(VP) + SINT * 256;

    private final SynIcSet set = new SynIcSet(4);
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.SPLIT, (address, data) -> 0, set, PinPort.ABSENT, IrqChipListener.NONE);
    private final SynIcPages pages = new SynIcPages(4);
    private final SynIcListener acks = new SynIcListener() {
        @Override
        public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
            chip.acknowledgeSint(synIc.vpIndex(), sint);
        }
    };
    private final VirtualProcessors vps =
            new VirtualProcessors(2, set, Transit.IMMEDIATE, SynIcListener.both(pages, acks));
    private final SynIc synIc = vps.synIc(VP);
    private final LocalApic apic = vps.apic(VP);
    private final SintGsiAllocator lines = new SintGsiAllocator(chip, 64, 128);
    private final AtomicInteger heard = new AtomicInteger();

    private void run(long sint) {
        vps.running(SynIc.Activation.SYNIC);
        synIc.write(SINT_MSR, sint);
    }

    private SintMessageQueue queue(int capacity, WhenDisabled rule) {
        return new SintMessageQueue(lines, vps.turns, pages, VP, SINT, capacity, rule);
    }

    private static SynIcMessage message(int type) {
        return new SynIcMessage(type, 0, new byte[] {(byte) type});
    }

    /**
     * Linux's handler: empty the slot, then EOM only where the pending flag is set. Returns the type that was there.
     */
    private int guestTakesMessage() {
        int type = vps.memory.getInt(SLOT);
        if (type != 0) {
            vps.memory.putInt(SLOT, 0);
            if ((vps.memory.getByte(SLOT + 5) & 1) != 0) {
                synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
            }
        }
        return type;
    }

    // ---- the line

    @Test
    void signalOfTheEventfdBecomesTheVectorOfTheSint() {
        run(VECTOR);
        SintLine line = lines.open(VP, SINT, heard::incrementAndGet);

        line.raise();

        assertThat(vps.take(VP)).isEqualTo(VECTOR);
        assertThat(vps.take(0)).isEqualTo(-1);
        assertThat(heard).hasValue(0);
    }

    @Test
    void resamplerHearsTheEoi() {
        run(VECTOR);
        lines.open(VP, SINT, heard::incrementAndGet).raise();
        vps.take(VP);

        apic.eoi();

        assertThat(heard).hasValue(1);
    }

    @ParameterizedTest
    @ValueSource(longs = {VECTOR, HvSint.AUTO_EOI | VECTOR, HvSint.MASKED | VECTOR, HvSint.POLLING | VECTOR})
    void resamplerHearsTheEndOfMessageOfAnySint(long sint) {
        run(sint);
        lines.open(VP, SINT, heard::incrementAndGet);

        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);

        assertThat(heard).hasValue(1);
    }

    @Test
    void resamplerOfAnAutoEoiSintHearsNoEoi() {
        run(HvSint.AUTO_EOI | VECTOR);
        lines.open(VP, SINT, heard::incrementAndGet).raise();
        vps.take(VP);
        apic.eoi();

        assertThat(heard).hasValue(0);
    }

    @Test
    void endOfMessageOnOneProcessorIsNoneOnAnother() {
        run(VECTOR);
        lines.open(VP, SINT, heard::incrementAndGet);

        vps.synIc(0).write(HvMsr.HV_X64_MSR_EOM, 0);

        assertThat(heard).hasValue(0);
    }

    @Test
    void lineKeepsItsGsiWhenTheGuestRewritesItsSint() {
        run(VECTOR);
        SintLine line = lines.open(VP, SINT, heard::incrementAndGet);
        int gsi = line.gsi();

        synIc.write(SINT_MSR, 0x77);
        line.raise();
        assertThat(vps.take(VP)).isEqualTo(0x77);
        apic.eoi();
        synIc.write(SINT_MSR, HvSint.MASKED);
        line.raise();
        assertThat(vps.take(VP)).isEqualTo(-1);
        synIc.write(SINT_MSR, VECTOR);
        line.raise();

        assertThat(vps.take(VP)).isEqualTo(VECTOR);
        assertThat(line.gsi()).isEqualTo(gsi);
    }

    // ---- messages

    /** Slot busy, EOM, retry: the message that waits comes with an interrupt of its own. */
    @ParameterizedTest
    @ValueSource(longs = {VECTOR, HvSint.AUTO_EOI | VECTOR})
    void messagesArriveInOrderThroughOneSlot(long sint) {
        run(sint);
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);
        assertThat(queue.post(message(11))).isEqualTo(Outcome.DELIVERED);
        assertThat(queue.post(message(12))).isEqualTo(Outcome.QUEUED);
        assertThat(queue.post(message(13))).isEqualTo(Outcome.QUEUED);

        List<Integer> received = new ArrayList<>();
        while (vps.take(VP) == VECTOR) {
            int type = guestTakesMessage();
            if (type != 0) {
                received.add(type);
            }
            if (sint == VECTOR) {
                apic.eoi();
            }
        }

        assertThat(received).containsExactly(11, 12, 13);
        assertThat(queue.size()).isZero();
    }

    /** A guest that empties the slot before its EOI hands it back by EOI alone. */
    @Test
    void eoiAloneHandsTheSlotBack() {
        run(VECTOR);
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);
        queue.post(message(11));
        queue.post(message(12));
        vps.take(VP);
        vps.memory.putInt(SLOT, 0);

        apic.eoi();

        assertThat(vps.memory.getInt(SLOT)).isEqualTo(12);
        assertThat(vps.take(VP)).isEqualTo(VECTOR);
    }

    @Test
    void spuriousAcknowledgementsChangeNothing() {
        run(VECTOR);
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);
        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
        assertThat(vps.take(VP)).isEqualTo(-1);
        queue.post(message(11));
        queue.post(message(12));
        vps.take(VP);

        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);

        assertThat(vps.memory.getInt(SLOT)).isEqualTo(11);
        assertThat(queue.size()).isEqualTo(1);
        assertThat(vps.take(VP))
                .as("no interrupt for a message that still waits")
                .isEqualTo(-1);
    }

    @Test
    void fullQueueRefusesAndLosesNothingItHolds() {
        run(VECTOR);
        SintMessageQueue queue = queue(1, WhenDisabled.HOLD);
        queue.post(message(11));
        queue.post(message(12));

        assertThat(queue.post(message(13))).isEqualTo(Outcome.REFUSED);

        assertThat(queue.size()).isEqualTo(1);
    }

    /** TLFS, "SynIC Messages": with the page disabled the message remains queued and no interrupt is generated. */
    @Test
    void heldMessageArrivesWhenTheGuestEnablesItsPages() {
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);
        assertThat(queue.post(message(11))).isEqualTo(Outcome.QUEUED);
        synIc.activate(SynIc.Activation.SYNIC);
        synIc.write(SINT_MSR, VECTOR);
        synIc.write(HvMsr.HV_X64_MSR_SIMP, VirtualProcessors.simpPage(VP) | 1);
        assertThat(vps.take(VP)).as("SCONTROL is still off").isEqualTo(-1);

        synIc.write(HvMsr.HV_X64_MSR_SCONTROL, 1);

        assertThat(vps.take(VP)).isEqualTo(VECTOR);
        assertThat(vps.memory.getInt(SLOT)).isEqualTo(11);
        assertThat(queue.size()).isZero();
    }

    @Test
    void droppingQueueForgetsWhatADisabledGuestCannotTake() {
        run(VECTOR);
        SintMessageQueue queue = queue(10, WhenDisabled.DROP);
        synIc.write(HvMsr.HV_X64_MSR_SIMP, 0);

        assertThat(queue.post(message(11))).isEqualTo(Outcome.DROPPED);
        synIc.write(HvMsr.HV_X64_MSR_SIMP, VirtualProcessors.simpPage(VP) | 1);

        assertThat(queue.dropped()).isEqualTo(1);
        assertThat(vps.take(VP)).isEqualTo(-1);
        assertThat(queue.post(message(12))).isEqualTo(Outcome.DELIVERED);
    }

    /** CVE-2025-58143: the guest takes its page away between staging and delivery. */
    @Test
    void pageDisabledWhileAMessageWaitsIsNotWritten() {
        run(VECTOR);
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);
        queue.post(message(11));
        queue.post(message(12));
        synIc.write(HvMsr.HV_X64_MSR_SIMP, 0);
        vps.memory.putInt(SLOT, 0);

        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);

        assertThat(vps.memory.getInt(SLOT)).isZero();
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void resetTellsTheVmmThatThePagesAreGone() {
        run(VECTOR);
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);

        synIc.reset();

        assertThat(queue.post(message(11))).isEqualTo(Outcome.QUEUED);
        assertThat(pages.simp(VP)).isZero();
    }

    @Test
    void vmmFindsThePagesOfARestoredGuestByReadingTheRegisters() {
        run(VECTOR);
        SynIcState saved = synIc.save();
        synIc.reset();
        synIc.restore(saved);
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);
        assertThat(queue.post(message(11))).isEqualTo(Outcome.QUEUED);

        pages.refresh(synIc);

        assertThat(queue.size()).isZero();
        assertThat(vps.take(VP)).isEqualTo(VECTOR);
    }

    @Test
    void closedQueueLetsGoOfItsLineAndRefuses() {
        run(VECTOR);
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);
        queue.post(message(11));
        queue.post(message(12));

        queue.close();
        guestTakesMessage();

        assertThat(queue.post(message(13))).isEqualTo(Outcome.REFUSED);
        assertThat(vps.memory.getInt(SLOT)).isZero();
        assertThat(lines.size()).isZero();
        assertThat(queue(1, WhenDisabled.HOLD).post(message(14))).isEqualTo(Outcome.DELIVERED);
    }

    /** A masked SINT is not the VMM's to see: the message stands and its interrupt is lost, as the TLFS has it. */
    @Test
    void messageForAMaskedSintStandsWithoutInterrupt() {
        run(HvSint.MASKED | VECTOR);
        SintMessageQueue queue = queue(10, WhenDisabled.HOLD);

        assertThat(queue.post(message(11))).isEqualTo(Outcome.DELIVERED);
        synIc.write(SINT_MSR, VECTOR);

        assertThat(vps.take(VP)).isEqualTo(-1);
        assertThat(guestTakesMessage()).isEqualTo(11);
    }
}
