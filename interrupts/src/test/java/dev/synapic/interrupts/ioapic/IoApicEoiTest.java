// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import static dev.synapic.interrupts.ioapic.IoApicRig.LEVEL;
import static dev.synapic.interrupts.ioapic.IoApicRig.to;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.DirectedEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.Svr;
import org.junit.jupiter.api.Test;

/** How interrupts end: by broadcast, by register, and what happens where they do not end. */
class IoApicEoiTest {
    private static final int PIN = 5;
    private static final int OTHER = 9;
    private static final int VECTOR = 0x31;

    private final IoApicRig io = new IoApicRig(3);

    @Test
    void eoiOfAnEdgeClearsNothing() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        io.take(0);
        io.rig.bus.sendMsi(0xFEE0_0000L, VECTOR);
        io.apic(0).eoi();
        assertThat(io.remoteIrr(PIN)).as("the level's own EOI sends it again").isTrue();
        io.seen.clear();

        // The IPI with the same vector was the last into TMR.
        io.rig.bus.sendMsi(0xFEE0_0000L, VECTOR);
        io.take(0);
        io.apic(0).eoi();

        assertThat(io.seen).containsExactly("ack 5");
        assertThat(io.remoteIrr(PIN)).isTrue();
    }

    /** The local APIC's TMR decides, not what the entry says by now. */
    @Test
    void entryThatBecameLevelWhileAnEdgeWasInServiceIsNotEnded() {
        io.program(PIN, VECTOR);
        io.raise(PIN);
        io.take(0);
        io.lower(PIN);
        io.program(PIN, VECTOR | LEVEL | to(1));
        io.raise(PIN);
        assertThat(io.remoteIrr(PIN)).isTrue();

        io.apic(0).eoi();

        assertThat(io.remoteIrr(PIN)).isTrue();
    }

    @Test
    void notifierRunsBeforeRemoteIrrIsCleared() {
        boolean[] then = new boolean[1];
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        io.onAck = pin -> then[0] = io.remoteIrr(pin);
        io.take(0);

        io.apic(0).eoi();

        assertThat(then[0]).isTrue();
        assertThat(io.seen).containsSubsequence("ack 5", "ended 5 31");
    }

    @Test
    void notifierOfAnEdgePinRunsToo() {
        io.program(PIN, VECTOR);
        io.raise(PIN);
        io.take(0);

        io.apic(0).eoi();

        assertThat(io.seen).containsSubsequence("ack 5");
    }

    @Test
    void eoiReachesAllPinsThatShareTheVector() {
        io.program(PIN, VECTOR | LEVEL);
        io.program(OTHER, VECTOR | LEVEL);
        io.raise(PIN);
        io.raise(OTHER);
        io.lower(PIN);
        io.take(0);

        io.apic(0).eoi();

        assertThat(io.remoteIrr(PIN)).isFalse();
        assertThat(io.remoteIrr(OTHER)).as("still up, sent again").isTrue();
        assertThat(io.rig.holders(VECTOR)).containsExactly(0);
    }

    /** The neighbour is an edge: its line is up, but it has not risen again. */
    @Test
    void edgePinThatSharesTheVectorIsNotSentAgain() {
        io.program(PIN, VECTOR | LEVEL);
        io.program(OTHER, VECTOR);
        io.raise(OTHER);
        io.raise(PIN);
        io.lower(PIN);
        io.take(0);

        io.apic(0).eoi();

        assertThat(io.rig.holders(VECTOR)).isEmpty();
    }

    @Test
    void eoiOfAnotherVectorChangesNothing() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        io.rig.bus.sendMsi(0xFEE0_0000L, 0x50);
        io.take(0);

        io.apic(0).eoi();

        assertThat(io.seen).doesNotContain("ack 5");
        assertThat(io.remoteIrr(PIN)).isTrue();
    }

    // ---- the EOI register and directed EOI

    private static IoApicRig directed(IoApicModel ioApic, DirectedEoi policy) {
        ApicRig rig = new ApicRig(ApicModel.DEFAULT.with(policy), 0);
        ApicRig.enable(rig.apics[0]);
        return new IoApicRig(ioApic, rig);
    }

    private static void suppressBroadcast(LocalApic apic) {
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF | Svr.SUPPRESS_EOI_BROADCAST);
    }

    /** SDM vol. 3A, 12.8.5; ICH9 data sheet, EOI register. */
    @Test
    void withSuppressedBroadcastTheEoiRegisterEndsTheInterrupt() {
        IoApicRig later = directed(IoApicModel.V20, DirectedEoi.ENABLED);
        suppressBroadcast(later.apic(0));
        later.program(PIN, VECTOR | LEVEL);
        later.raise(PIN);
        later.take(0);
        later.apic(0).eoi();
        assertThat(later.seen).as("the chip has heard nothing").doesNotContain("ack 5");
        assertThat(later.remoteIrr(PIN)).isTrue();
        later.lower(PIN);

        later.chip.write(IoApicRegister.EOI, 4, VECTOR);

        assertThat(later.remoteIrr(PIN)).isFalse();
        assertThat(later.seen).containsSubsequence("ack 5", "ended 5 31");
    }

    @Test
    void eoiRegisterSendsALevelThatIsStillUpAgain() {
        IoApicRig later = directed(IoApicModel.V20, DirectedEoi.ENABLED);
        suppressBroadcast(later.apic(0));
        later.program(PIN, VECTOR | LEVEL);
        later.raise(PIN);
        later.take(0);
        later.apic(0).eoi();

        later.chip.write(IoApicRegister.EOI, 4, VECTOR);

        assertThat(later.rig.holders(VECTOR)).containsExactly(0);
    }

    @Test
    void version11HasNoEoiRegister() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);

        io.chip.write(IoApicRegister.EOI, 4, VECTOR);

        assertThat(io.remoteIrr(PIN)).isTrue();
    }

    /** Windows sets SVR bit 12 without a look at the I/O APIC's version. */
    @Test
    void quirkedPolicyKeepsTheBitAndBroadcasts() {
        IoApicRig split = directed(IoApicModel.V11, DirectedEoi.QUIRKED);
        suppressBroadcast(split.apic(0));
        split.program(PIN, VECTOR | LEVEL);
        split.raise(PIN);
        split.lower(PIN);
        split.take(0);

        split.apic(0).eoi();

        assertThat(split.remoteIrr(PIN)).isFalse();
    }

    // ---- storms

    /** KVM and QEMU: 10,000 EOIs that find the line up, then 10 ms of rest. */
    @Test
    void lineThatNobodyLowersIsBraked() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        for (int i = 1; i < 10_000; i++) {
            assertThat(io.take(0)).isEqualTo(VECTOR);
            io.apic(0).eoi();
        }
        assertThat(io.seen).doesNotContain("storm 5");
        io.take(0);
        io.nanos = 77;
        io.apic(0).eoi();

        assertThat(io.seen).contains("storm 5");
        assertThat(io.take(0)).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(io.chip.nextDeadlineNanos()).isEqualTo(10_000_077);
        assertThat(io.resumeNanos)
                .as("told, since no write of the guest announces it")
                .isEqualTo(10_000_077);
        io.nanos = 10_000_076;
        io.chip.expire();
        assertThat(io.take(0)).as("too early").isEqualTo(LocalApic.NO_VECTOR);
        io.nanos++;
        io.chip.expire();

        assertThat(io.take(0)).isEqualTo(VECTOR);
        assertThat(io.chip.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void oneEoiThatFindsTheLineDownForgetsTheStorm() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        for (int i = 1; i < 10_000; i++) {
            io.take(0);
            io.apic(0).eoi();
        }
        io.take(0);
        io.lower(PIN);
        io.apic(0).eoi();
        io.raise(PIN);
        io.take(0);

        io.apic(0).eoi();

        assertThat(io.seen).doesNotContain("storm 5");
        assertThat(io.take(0)).isEqualTo(VECTOR);
    }

    @Test
    void brakedLineThatFallsIsNotSent() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        for (int i = 0; i < 10_000; i++) {
            io.take(0);
            io.apic(0).eoi();
        }
        io.lower(PIN);
        io.nanos = 20_000_000;

        io.chip.expire();

        assertThat(io.take(0)).isEqualTo(LocalApic.NO_VECTOR);
    }

    /** Neighbours on a vector do not release each other from the brake. */
    @Test
    void eoiForANeighbourDoesNotLiftTheBrake() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        for (int i = 0; i < 10_000; i++) {
            io.take(0);
            io.apic(0).eoi();
        }
        io.program(OTHER, VECTOR | LEVEL);
        io.raise(OTHER);
        io.lower(OTHER);
        io.take(0);

        io.apic(0).eoi();

        assertThat(io.take(0)).isEqualTo(LocalApic.NO_VECTOR);
    }
}
