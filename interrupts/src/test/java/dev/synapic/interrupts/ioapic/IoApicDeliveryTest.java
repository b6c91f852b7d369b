// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import static dev.synapic.interrupts.ioapic.IoApicRig.LEVEL;
import static dev.synapic.interrupts.ioapic.IoApicRig.LOGICAL;
import static dev.synapic.interrupts.ioapic.IoApicRig.MASKED;
import static dev.synapic.interrupts.ioapic.IoApicRig.to;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** 82093AA data sheet, 3.2.4. */
class IoApicDeliveryTest {
    private static final int PIN = 5;
    private static final int OTHER = 9;
    private static final int VECTOR = 0x31;

    private final IoApicRig io = new IoApicRig(3);

    // ---- edges

    @Test
    void risingEdgeSendsOneMessage() {
        io.program(PIN, VECTOR | to(1));

        assertThat(io.raise(PIN)).isEqualTo(1);

        assertThat(io.rig.holders(VECTOR)).containsExactly(1);
        assertThat(io.apic(1).tmr().contains(VECTOR)).isFalse();
        assertThat(io.remoteIrr(PIN)).isFalse();
    }

    @Test
    void lineThatIsUpAlreadyIsCoalesced() {
        io.program(PIN, VECTOR);
        io.raise(PIN);

        assertThat(io.raise(PIN)).isEqualTo(IoApic.COALESCED);
        io.lower(PIN);
        assertThat(io.raise(PIN)).as("merges in IRR, which counts as accepted").isEqualTo(1);

        assertThat(io.messages).hasSize(2);
    }

    /** KVM and QEMU: the edge is remembered as long as the line is up, and unmasking sends nothing. */
    @Test
    void edgeBehindAMaskIsNotDeliveredAtUnmasking() {
        io.program(PIN, VECTOR | MASKED);

        assertThat(io.raise(PIN)).isEqualTo(IoApic.IGNORED);
        io.program(PIN, VECTOR);

        assertThat(io.rig.holders(VECTOR)).isEmpty();
        assertThat(io.raise(PIN)).isEqualTo(IoApic.COALESCED);
        io.lower(PIN);
        assertThat(io.raise(PIN)).isEqualTo(1);
    }

    @Test
    void messageThatNobodyAcceptsIsIgnored() {
        io.program(PIN, VECTOR | to(77));
        assertThat(io.raise(PIN)).isEqualTo(IoApic.IGNORED);

        io.program(PIN, VECTOR | LEVEL | to(77));
        assertThat(io.raise(PIN)).isEqualTo(IoApic.IGNORED);

        assertThat(io.remoteIrr(PIN))
                .as("only an accepted level waits for its EOI")
                .isFalse();
    }

    // ---- levels

    @Test
    void levelIsSentOnceUntilItsEoi() {
        io.program(PIN, VECTOR | LEVEL);

        assertThat(io.raise(PIN)).isEqualTo(1);
        assertThat(io.remoteIrr(PIN)).isTrue();
        assertThat(io.raise(PIN)).as("one is under way").isEqualTo(IoApic.COALESCED);
        assertThat(io.apic(0).tmr().contains(VECTOR)).isTrue();
        io.lower(PIN);
        io.take(0);
        io.apic(0).eoi();

        assertThat(io.remoteIrr(PIN)).isFalse();
        assertThat(io.rig.holders(VECTOR)).isEmpty();
    }

    @Test
    void levelThatIsStillUpIsSentAgainAtEoi() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        io.take(0);

        io.apic(0).eoi();

        assertThat(io.rig.holders(VECTOR)).containsExactly(0);
        assertThat(io.remoteIrr(PIN)).isTrue();
    }

    @Test
    void levelBehindAMaskIsSentAtUnmasking() {
        io.program(PIN, VECTOR | LEVEL | MASKED);
        assertThat(io.raise(PIN)).isEqualTo(IoApic.IGNORED);

        io.program(PIN, VECTOR | LEVEL);

        assertThat(io.rig.holders(VECTOR)).containsExactly(0);
    }

    @Test
    void levelThatFellBehindAMaskIsGone() {
        io.program(PIN, VECTOR | LEVEL | MASKED);
        io.raise(PIN);
        io.lower(PIN);

        io.program(PIN, VECTOR | LEVEL);

        assertThat(io.messages).isEmpty();
    }

    /** kvm-unit-tests, ioapic: remote-IRR stays over a mask. */
    @Test
    void maskedInterruptInServiceIsSentAgainOnlyAfterUnmasking() {
        io.program(PIN, VECTOR | LEVEL);
        io.raise(PIN);
        io.take(0);
        io.program(PIN, VECTOR | LEVEL | MASKED);

        io.apic(0).eoi();
        assertThat(io.rig.holders(VECTOR)).isEmpty();
        io.program(PIN, VECTOR | LEVEL);

        assertThat(io.rig.holders(VECTOR)).containsExactly(0);
    }

    @Test
    void lineIsTheOrOfItsSources() {
        io.program(PIN, VECTOR | LEVEL);
        io.chip.set(PIN, true, 3);
        io.chip.set(PIN, true, 63);
        io.take(0);
        io.chip.set(PIN, false, 3);

        io.apic(0).eoi();
        assertThat(io.rig.holders(VECTOR)).as("one source left").containsExactly(0);
        io.take(0);
        io.chip.set(PIN, false, 63);
        io.apic(0).eoi();

        assertThat(io.rig.holders(VECTOR)).isEmpty();
    }

    // ---- destinations and modes

    @Test
    void logicalDestinationReachesAllOfIt() {
        for (int i = 0; i < 3; i++) {
            io.apic(i).writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24 + i);
        }
        io.program(PIN, VECTOR | LOGICAL | to(0b101));

        assertThat(io.raise(PIN)).isEqualTo(2);
        assertThat(io.rig.holders(VECTOR)).containsExactly(0, 2);
    }

    @Test
    void lowestPriorityReachesOne() {
        for (int i = 0; i < 3; i++) {
            io.apic(i).writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24 + i);
        }
        io.apic(0).setTaskPriority(0x20);
        io.program(PIN, VECTOR | DeliveryMode.LOWEST_PRIORITY.bits() | LOGICAL | LEVEL | to(0b111));

        assertThat(io.raise(PIN)).isEqualTo(1);
        assertThat(io.rig.holders(VECTOR)).containsExactly(1);
    }

    @Test
    void physicalBroadcastReachesAll() {
        io.program(PIN, VECTOR | to(0xFF));

        assertThat(io.raise(PIN)).isEqualTo(3);
    }

    /** Address bits 11:5 of the message carry destination bits 14:8 (MSI_EXT_DEST_ID). */
    @Test
    void fifteenBitDestinationReachesIdsAbove255() {
        ApicRig rig = new ApicRig(0, 0x1234);
        for (LocalApic apic : rig.apics) {
            ApicRig.enable(apic);
            ApicRig.toX2apic(apic);
        }
        IoApicRig wide = new IoApicRig(IoApicModel.V11.with(IoApicModel.Destination.FIFTEEN_BITS), rig);
        wide.program(PIN, VECTOR | to(0x34) | 0x12L << 49);

        assertThat(wide.raise(PIN)).isEqualTo(1);
        assertThat(rig.holders(VECTOR)).containsExactly(0x1234);
    }

    /** VT-d, 5.1.2.1: index 14:0 in 63:49, format in 48, index 15 in 11; in the address 19:5, 4 and 2. */
    @Test
    void remappableEntryBecomesARemappableMessage() {
        IoApicRig behind = new IoApicRig(IoApicModel.V20.with(IoApicModel.Destination.REMAPPABLE), ApicRig.xapic(1));
        behind.program(PIN, VECTOR | LOGICAL | 1L << 48 | 0x2345L << 49);

        behind.raise(PIN);

        long address = Long.parseLong(behind.messages.get(0).split(" ")[0], 16);
        assertThat(address).isEqualTo(0xFEE0_0000L | 0x2345L << 5 | 1 << 4 | 1 << 2);
    }

    @Test
    void nonMaskableAndInitPinsAreEdgesWhateverTheEntrySays() {
        io.program(PIN, LEVEL | DeliveryMode.NMI.bits() | to(1));
        io.program(OTHER, LEVEL | DeliveryMode.INIT.bits() | to(2));

        assertThat(io.raise(PIN)).isEqualTo(1);
        assertThat(io.raise(OTHER)).isEqualTo(1);
        assertThat(io.raise(PIN)).isEqualTo(IoApic.COALESCED);

        assertThat(io.apic(1).pendingNmis()).isEqualTo(1);
        assertThat(io.apic(2).takeInit()).isTrue();
        assertThat(io.remoteIrr(PIN)).as("nobody would end it").isFalse();
    }

    @Test
    void smiIsCounted() {
        io.program(PIN, DeliveryMode.SMI.bits());

        assertThat(io.raise(PIN)).isEqualTo(1);
        assertThat(io.apic(0).smiCount()).isEqualTo(1);
    }

    /** KVM, too: an 8259's interrupts come through LINT0 only. */
    @Test
    void extIntIsSentAndTakenByNobody() {
        io.program(PIN, DeliveryMode.EXTINT.bits());

        assertThat(io.raise(PIN)).isEqualTo(IoApic.IGNORED);
        assertThat(io.messages).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(
            value = DeliveryMode.class,
            names = {"REMOTE_READ", "STARTUP"})
    void reservedModesSendNothing(DeliveryMode mode) {
        io.program(PIN, VECTOR | mode.bits() | to(1));

        assertThat(io.raise(PIN)).isEqualTo(IoApic.IGNORED);
        assertThat(io.messages).isEmpty();
    }

    // ---- masks and stale levels

    @Test
    void maskNotifierHearsChangesOnly() {
        io.program(PIN, VECTOR);
        io.program(PIN, VECTOR + 1);
        io.program(PIN, VECTOR | MASKED);
        io.program(PIN, VECTOR | MASKED);

        assertThat(io.seen).containsExactly("mask 5 false", "mask 5 true");
    }

    /** Linux IRQF_ONESHOT: the device was served after the EOI and before the unmasking. */
    @Test
    void unmaskingAsksBeforeItSendsALevelThatMayBeStale() {
        io.program(PIN, VECTOR | LEVEL | MASKED);
        io.raise(PIN);
        io.onResample = io::lower;

        io.program(PIN, VECTOR | LEVEL);

        assertThat(io.seen).contains("resample 5");
        assertThat(io.messages).isEmpty();
    }

    @Test
    void deviceThatAssertsAgainWhenAskedIsSentOnce() {
        io.program(PIN, VECTOR | LEVEL | MASKED);
        io.raise(PIN);
        io.onResample = pin -> {
            io.lower(pin);
            io.raise(pin);
        };

        io.program(PIN, VECTOR | LEVEL);

        assertThat(io.messages).hasSize(1);
        assertThat(io.remoteIrr(PIN)).isTrue();
    }

    // ---- the RTC's pin

    @Test
    void trackedRtcIsCoalescedUntilAllWhoGotItAreDone() {
        IoApicRig tracked = new IoApicRig(
                new IoApicModel(IoApicModel.Version.V11, IoApicModel.Destination.EIGHT_BITS, true), ApicRig.xapic(2));
        tracked.program(8, VECTOR | to(0xFF));
        assertThat(tracked.raise(8)).isEqualTo(2);
        tracked.lower(8);

        tracked.take(0);
        tracked.apic(0).eoi();
        assertThat(tracked.raise(8)).isEqualTo(IoApic.COALESCED);
        tracked.lower(8);
        tracked.take(1);
        tracked.apic(1).eoi();

        assertThat(tracked.raise(8)).isEqualTo(2);
    }

    @Test
    void untrackedRtcIsAnEdgeLikeAnyOther() {
        io.program(8, VECTOR);
        io.raise(8);
        io.lower(8);

        assertThat(io.raise(8)).isEqualTo(1);
    }
}
