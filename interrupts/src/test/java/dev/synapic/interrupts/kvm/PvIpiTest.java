// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.kvm.KvmErrno;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** KVM_HC_SEND_IPI (Linux, Documentation/virt/kvm/x86/hypercalls.rst; KVM where the text is silent). */
class PvIpiTest {
    private static final int VECTOR = 0xFD;
    private static final long ICR = 0x40FD;

    private final ApicRig rig = ApicRig.x2apic(200);
    private final PvIpi ipi = new PvIpi(rig.bus);

    @Test
    void bitsStandForIdsFromTheLowestOn() {
        assertThat(ipi.send(0b1011, 0, 5, ICR, true)).isEqualTo(3);
        assertThat(rig.holders(VECTOR)).containsExactly(5, 6, 8);
    }

    @Test
    void theHighWordContinues64IdsLaterFor64BitCallers() {
        assertThat(ipi.send(1L << 63, 1, 10, ICR, true)).isEqualTo(2);
        assertThat(rig.holders(VECTOR)).containsExactly(73, 74);
    }

    @Test
    void theHighWordContinues32IdsLaterFor32BitCallers() {
        assertThat(ipi.send(1L << 31, 1, 10, ICR, false)).isEqualTo(2);
        assertThat(rig.holders(VECTOR)).containsExactly(41, 42);
    }

    @Test
    void a32BitCallerHas32BitsPerWord() {
        assertThat(ipi.send(0xF_0000_0000L, 0xF_0000_0000L, 0, ICR, false)).isZero();
        assertThat(ipi.send(-1, -1, 0, ICR, false)).isEqualTo(64);
        assertThat(ipi.send(-1, -1, 0, ICR, true)).isEqualTo(128);
    }

    @Test
    void onlyTheLow32BitsOfTheLowestIdCount() {
        assertThat(ipi.send(1, 0, 0xABCD_0000_0007L, ICR, true)).isEqualTo(1);
        assertThat(rig.holders(VECTOR)).containsExactly(7);
    }

    @Test
    void targetsAreServedInOrderOfTheirIds() {
        ipi.send(0b110, 0b1, 0, ICR, true);
        assertThat(rig.carried).containsExactly("1<-fd", "2<-fd", "64<-fd");
    }

    // ---- result -----------------------------------------------------------------------------------------------------

    @Test
    void aMergedVectorCountsAsAccepted() {
        assertThat(ipi.send(3, 0, 0, ICR, true)).isEqualTo(2);
        assertThat(ipi.send(3, 0, 0, ICR, true)).isEqualTo(2);
    }

    @Test
    void aSoftwareDisabledTargetDoesNotCount() {
        ApicRig.softwareDisable(rig.apics[1]);
        assertThat(ipi.send(7, 0, 0, ICR, true)).isEqualTo(2);
        assertThat(ipi.send(7, 0, 0, DeliveryMode.NMI.bits(), true)).isEqualTo(3);
    }

    @Test
    void aLevelTriggeredWithdrawalIsAcceptedByNobody() {
        assertThat(ipi.send(7, 0, 0, 0x80FD, true)).isZero();
        assertThat(ipi.send(7, 0, 0, 0xC0FD, true)).isEqualTo(3);
        assertThat(rig.apics[0].tmr().contains(VECTOR)).isTrue();
    }

    @Test
    void holesAreSkippedAndNotCounted() {
        ApicRig sparse = new ApicRig(0, 3, 70, 400);
        for (LocalApic apic : sparse.apics) {
            ApicRig.enable(apic);
            ApicRig.toX2apic(apic);
        }
        ApicRig.disable(sparse.apics[1]);
        PvIpi sparseIpi = new PvIpi(sparse.bus);
        assertThat(sparseIpi.send(-1, -1, 0, ICR, true)).isEqualTo(2);
        assertThat(sparseIpi.send(-1, -1, 300, ICR, true)).isEqualTo(1);
        assertThat(sparse.holders(VECTOR)).containsExactly(0, 70, 400);
    }

    // ---- errors -----------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(longs = {1 << 11, 1 << 18, 2 << 18, 3 << 18, 1 << 11 | 1 << 18})
    void logicalDestinationsAndShorthandsAreInvalid(long bits) {
        assertThat(ipi.send(1, 0, 0, ICR | bits, true)).isEqualTo(-KvmErrno.EINVAL);
        assertThat(rig.carried).isEmpty();
    }

    @Test
    void otherBitsOfTheIcrAreIgnored() {
        long others = ~(0xFFFL | 0xC000 | 3 << 18);
        assertThat(ipi.send(2, 0, 0, ICR | others, true)).isEqualTo(1);
        assertThat(rig.holders(VECTOR)).containsExactly(1);
    }

    // CVE-2018-19406: the map was used before there was one.
    @Test
    void withoutAnEnabledApicTheCallIsNotSupported() {
        PvIpi early = new PvIpi(new ApicBus(Transit.IMMEDIATE, ApicListener.NONE));
        assertThat(early.send(1, 0, 0, ICR, true)).isEqualTo(-KvmErrno.EOPNOTSUPP);
        ApicRig off = ApicRig.xapic(1);
        ApicRig.disable(off.apics[0]);
        assertThat(new PvIpi(off.bus).send(1, 0, 0, ICR, true)).isEqualTo(-KvmErrno.EOPNOTSUPP);
    }

    // KVM discards its map while two APICs share an id.
    @Test
    void whileAnIdIsSharedTheCallIsNotSupported() {
        ApicRig xapic = ApicRig.xapic(3);
        PvIpi xapicIpi = new PvIpi(xapic.bus);
        xapic.apics[1].writeRegister(ApicRegister.ID, 2 << 24);
        assertThat(xapicIpi.send(1, 0, 0, ICR, true)).isEqualTo(-KvmErrno.EOPNOTSUPP);
        assertThat(xapic.carried).isEmpty();
        xapic.apics[1].writeRegister(ApicRegister.ID, 1 << 24);
        assertThat(xapicIpi.send(1, 0, 0, ICR, true)).isEqualTo(1);
    }

    @Test
    void aBadIcrIsFoundBeforeAMissingMap() {
        PvIpi early = new PvIpi(new ApicBus(Transit.IMMEDIATE, ApicListener.NONE));
        assertThat(early.send(1, 0, 0, ICR | 1 << 11, true)).isEqualTo(-KvmErrno.EINVAL);
    }

    // ---- bounds: 4180bf1b655a to bdf7ffc89922, and CVE-2025-39823 ---------------------------------------------------

    // kvm-unit-tests apic.c, PV IPI.
    @Test
    void theHighestIdIsOutOfRangeAndNoError() {
        assertThat(ipi.send(0xFFFF_FFFFL, 0, 0xFFFF_FFFFL, ICR, true)).isZero();
    }

    @Test
    void bitsBeyondTheMapAreSkipped() {
        ApicRig high = ApicRig.x2apic(300);
        PvIpi highIpi = new PvIpi(high.bus);
        assertThat(highIpi.send(-1, -1, 299, ICR, true)).isEqualTo(1);
        assertThat(highIpi.send(-1, -1, 300, ICR, true)).isZero();
        assertThat(highIpi.send(-1, -1, 298, ICR, true)).isEqualTo(2);
        assertThat(highIpi.send(-1, -1, 0x8000_0000L, ICR, true)).isZero();
    }

    // min + width is a 32-bit sum, as in KVM: the high word starts again at id 0.
    @Test
    void theHighWordWrapsAroundToLowIds() {
        assertThat(ipi.send(-1, 0b101, 0xFFFF_FFC0L, ICR, true)).isEqualTo(2);
        assertThat(rig.holders(VECTOR)).containsExactly(0, 2);
        assertThat(ipi.send(-1, 0b1000, 0xFFFF_FFE1L, 0x40FC, false)).isEqualTo(1);
        assertThat(rig.holders(0xFC)).containsExactly(4);
    }

    @Test
    void theLowWordDoesNotWrap() {
        assertThat(ipi.send(-1, 0, 0xFFFF_FFF0L, ICR, true)).isZero();
    }

    // ---- modes ------------------------------------------------------------------------------------------------------

    @Test
    void idsArePhysicalWhateverLogicalModelTheGuestUses() {
        ApicRig xapic = ApicRig.xapic(3);
        xapic.apics[2].writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24);
        xapic.apics[1].writeRegister(ApicRegister.ID, 9 << 24);
        assertThat(new PvIpi(xapic.bus).send(0b1_0000_0001, 1 << 9, 0, ICR, true))
                .isEqualTo(1);
        assertThat(new PvIpi(xapic.bus).send(0b10_0000_0000, 0, 0, ICR, true)).isEqualTo(1);
        assertThat(xapic.holders(VECTOR)).containsExactly(0, 1);
    }

    @Test
    void everyDeliveryModeReachesItsLatch() {
        assertThat(ipi.send(1, 0, 1, DeliveryMode.NMI.bits(), true)).isEqualTo(1);
        assertThat(rig.apics[1].pendingNmis()).isEqualTo(1);
        assertThat(ipi.send(1, 0, 2, DeliveryMode.STARTUP.bits() | 0x12, true)).isEqualTo(1);
        assertThat(rig.apics[2].takeSipi()).isEqualTo(0x12);
        assertThat(ipi.send(1, 0, 3, DeliveryMode.INIT.bits() | 0x4000, true)).isEqualTo(1);
        assertThat(rig.apics[3].takeInit()).isTrue();
        assertThat(ipi.send(1, 0, 4, DeliveryMode.SMI.bits(), true)).isEqualTo(1);
        assertThat(rig.apics[4].smiCount()).isEqualTo(1);
        assertThat(ipi.send(3, 0, 5, DeliveryMode.LOWEST_PRIORITY.bits() | 0x4000 | VECTOR, true))
                .isEqualTo(2);
        assertThat(ipi.send(1, 0, 7, DeliveryMode.EXTINT.bits() | 0x4000 | VECTOR, true))
                .isZero();
    }

    // Deviation from KVM, which accepts them: no APIC takes a vector below 16.
    @Test
    void illegalVectorsAndRemoteReadsAreAcceptedByNobody() {
        assertThat(ipi.send(3, 0, 0, 0x4005, true)).isZero();
        assertThat(ipi.send(3, 0, 0, DeliveryMode.REMOTE_READ.bits() | 0x4000 | VECTOR, true))
                .isZero();
    }

    // ---- differential -----------------------------------------------------------------------------------------------

    @Test
    void randomSetsReachWhomAPlainLoopReaches() {
        long seed = Long.getLong("synapic.seed", 10L);
        SplittableRandom seeds = new SplittableRandom(seed);
        for (int i = 0; i < 3000; i++) {
            long one = seeds.nextLong();
            SplittableRandom random = new SplittableRandom(one);
            ApicRig machine = randomMachine(random);
            boolean wide = random.nextBoolean();
            long low = sparseWord(random);
            long high = sparseWord(random);
            long min = random.nextInt(4) == 0 ? -random.nextInt(140) : random.nextInt(400);
            List<Integer> expected = plainLoop(machine, low, high, (int) min, wide ? 64 : 32);
            long result = new PvIpi(machine.bus).send(low, high, min, ICR, wide);
            assertThat(machine.holders(VECTOR)).as("seed %d", one).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(result).as("seed %d", one).isEqualTo(expected.size());
        }
    }

    private static long sparseWord(SplittableRandom random) {
        long half = random.nextLong();
        return half & random.nextLong();
    }

    private static ApicRig randomMachine(SplittableRandom random) {
        int[] ids = IntStream.generate(() -> random.nextInt(350))
                .distinct()
                .limit(1 + random.nextInt(30))
                .toArray();
        ApicRig machine = new ApicRig(ids);
        for (LocalApic apic : machine.apics) {
            ApicRig.toX2apic(apic);
            if (random.nextInt(4) != 0) {
                ApicRig.enable(apic);
            }
        }
        if (machine.apics.length > 1 && random.nextBoolean()) {
            ApicRig.disable(machine.apics[0]);
        }
        return machine;
    }

    private static List<Integer> plainLoop(ApicRig machine, long low, long high, int min, int width) {
        List<Integer> expected = new ArrayList<>();
        for (LocalApic apic : machine.apics) {
            int id = apic.x2ApicId();
            boolean inLow = has(low, id - (min & 0xFFFF_FFFFL), width);
            boolean inHigh = has(high, id - (min + width & 0xFFFF_FFFFL), width);
            if ((inLow || inHigh) && apic.softwareEnabled()) {
                expected.add(id);
            }
        }
        return expected;
    }

    private static boolean has(long word, long bit, int width) {
        return bit >= 0 && bit < width && (word >>> bit & 1) != 0;
    }
}
