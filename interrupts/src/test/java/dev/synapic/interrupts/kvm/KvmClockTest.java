// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Linux, Documentation/virt/kvm/x86/msr.rst: MSR_KVM_SYSTEM_TIME_NEW and MSR_KVM_WALL_CLOCK_NEW. Offsets are written out. */
class KvmClockTest {
    private static final long PAGE = 0x3000;
    private static final int STABLE = 1;
    private static final int STOPPED = 2;

    private final KvmRig rig = new KvmRig(2);
    private final KvmMsrs msrs = rig.msrs(0);
    private final KvmMsrs other = rig.msrs(1);

    @AfterEach
    void close() {
        rig.close();
    }

    /** The guest's half: msr.rst, "time = (current_tsc - tsc_timestamp)" and so on. */
    private long guestTime(long structure, long guestTsc) {
        long time = guestTsc - rig.memory.getLong(structure + 8);
        int shift = rig.memory.getByte(structure + 28);
        time = shift >= 0 ? time << shift : time >>> -shift;
        long multiplier = rig.memory.getInt(structure + 24) & 0xFFFF_FFFFL;
        time = Math.multiplyHigh(time, multiplier) << 32 | time * multiplier >>> 32;
        return time + rig.memory.getLong(structure + 16);
    }

    private int flags(long structure) {
        return rig.memory.getByte(structure + 29);
    }

    @Test
    void theGuestComputesTheTimeSincePowerOn() {
        msrs.write(0x4b564d01, PAGE | 1);

        // 2.5 GHz: 10 seconds are 25e9 ticks; the fraction of 32 bits is short by 4/5 of its last bit
        assertThat(guestTime(PAGE, 25_000_000_000L)).isBetween(9_999_999_990L, 10_000_000_000L);
        assertThat(guestTime(PAGE, 25_000_000_000L)).isEqualTo(rig.clock.at(25_000_000_000L));
        assertThat(rig.memory.getInt(PAGE + 24)).as("tsc_to_system_mul").isEqualTo(0xCCCC_CCCC);
        assertThat(rig.memory.getByte(PAGE + 28)).as("tsc_shift").isEqualTo((byte) -1);
        assertThat(flags(PAGE)).isEqualTo(STABLE);
    }

    @Test
    void theVersionIsEvenWhenTheStructureStandsAndGrowsWithEachUpdate() {
        msrs.write(0x4b564d01, PAGE | 1);
        assertThat(rig.memory.getInt(PAGE)).isEqualTo(2);
        msrs.write(0x4b564d01, PAGE | 1);
        assertThat(rig.memory.getInt(PAGE)).isEqualTo(4);
    }

    /** KVM: random junk in the version is made odd, then even. */
    @Test
    void anOddVersionInMemoryIsSteppedOver() {
        rig.memory.putInt(PAGE, 7);
        msrs.write(0x4b564d01, PAGE | 1);
        assertThat(rig.memory.getInt(PAGE)).isEqualTo(10);
    }

    /** "The hypervisor may update this structure at any time ... until anything with bit0 == 0 is written to it." */
    @Test
    void withoutBit0NothingIsWritten() {
        msrs.write(0x4b564d01, PAGE | 1);
        msrs.write(0x4b564d01, PAGE);
        rig.memory.fill(PAGE, 32, (byte) 0);

        rig.clock.tscMoved(0, false, 5);

        assertThat(rig.memory.getLong(PAGE)).isZero();
        assertThat(msrs.read(0x4b564d01)).isEqualTo(PAGE);
    }

    @Test
    void aStructureFollowsTheTscThatTheGuestMoves() {
        msrs.write(0x4b564d01, PAGE | 1);
        rig.clock.tscMoved(0, false, -40_000_000_000L);

        long machineTsc = 25_000_000_000L;
        assertThat(guestTime(PAGE, machineTsc - 40_000_000_000L))
                .as("also where the guest's TSC has wrapped below 0")
                .isEqualTo(rig.clock.at(machineTsc));
        assertThat(rig.memory.getInt(PAGE)).as("version").isEqualTo(4);
    }

    /** msr.rst, flag 0: monotonic across processors. Linux's vDSO reads the first processor's structure on all of them then. */
    @Test
    void theStableFlagStandsWhileAllTscsAreInStep() {
        msrs.write(0x4b564d01, PAGE | 1);
        other.write(0x4b564d01, PAGE + 64 | 1);

        rig.clock.tscMoved(1, false, 1000);
        assertThat(flags(PAGE)).as("the other processor's flag, too").isZero();
        assertThat(flags(PAGE + 64)).isZero();

        rig.clock.tscMoved(0, true, 1000);
        assertThat(flags(PAGE)).isEqualTo(STABLE);
        assertThat(flags(PAGE + 64)).isEqualTo(STABLE);
        assertThat(rig.clockUpdates)
                .containsExactly(
                        "0: version 2 tsc 0 flags 1",
                        "1: version 2 tsc 0 flags 1",
                        "0: version 4 tsc 0 flags 0",
                        "1: version 4 tsc 1000 flags 0",
                        "0: version 6 tsc 1000 flags 1",
                        "1: version 6 tsc 1000 flags 1");
    }

    /** KUT kvmclock_test, "Total warps": any structure at any later instant gives a time that is not lower, whatever was added. */
    @Test
    void readingsOfDifferentProcessorsNeverRunBackwards() {
        msrs.write(0x4b564d01, PAGE | 1);
        rig.clock.tscMoved(1, false, 123_456_789);
        other.write(0x4b564d01, PAGE + 64 | 1);
        long last = 0;
        for (long tsc = 1; tsc < 20_000; tsc++) {
            long now = tsc % 2 == 0 ? guestTime(PAGE, tsc) : guestTime(PAGE + 64, tsc + 123_456_789);
            assertThat(now).isGreaterThanOrEqualTo(last);
            last = now;
        }
    }

    /** KVM, kvm_setup_guest_pvclock: it is the guest that clears the flag. */
    @Test
    void theStoppedFlagOfTheGuestIsKept() {
        rig.memory.putByte(PAGE + 29, (byte) (STOPPED | 0x80));
        msrs.write(0x4b564d01, PAGE | 1);
        assertThat(flags(PAGE)).isEqualTo(STABLE | STOPPED);
    }

    @ParameterizedTest
    @ValueSource(longs = {1 << 20 | 1, (1 << 20) - 16 | 1, -1})
    void aPlaceThatIsNoRamIsStoredAndInert(long value) {
        msrs.write(0x4b564d01, value);
        assertThat(msrs.read(0x4b564d01)).isEqualTo(value);
        assertThat(rig.clockUpdates).isEmpty();
    }

    /** msr.rst: "data and functioning: same as MSR_KVM_SYSTEM_TIME_NEW". */
    @Test
    void theFirstFormsOfTheRegistersAreTheSameRegisters() {
        msrs.write(0x12, PAGE | 1);
        msrs.write(0x11, PAGE + 64);
        assertThat(msrs.read(0x4b564d01)).isEqualTo(PAGE | 1);
        assertThat(msrs.read(0x4b564d00)).isEqualTo(PAGE + 64);
        assertThat(other.read(0x4b564d01)).as("of each processor").isZero();
        assertThat(other.read(0x11)).as("of all").isEqualTo(PAGE + 64);
        assertThat(rig.memory.getInt(PAGE + 64 + 4)).isEqualTo((int) KvmRig.BOOT_SECONDS);
    }

    /** "sec: number of seconds for wallclock at time of boot." */
    @Test
    void theWallClockIsTheCalendarAtPowerOn() {
        rig.memory.putInt(PAGE, 1);
        rig.memory.putInt(PAGE + 8, -1);
        msrs.write(0x4b564d00, PAGE);
        assertThat(rig.memory.getInt(PAGE)).as("version, random junk before").isEqualTo(4);
        assertThat(rig.memory.getInt(PAGE + 4)).as("sec").isEqualTo(1_767_225_600);
        assertThat(rig.memory.getInt(PAGE + 8)).as("nsec").isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1 << 20, -4})
    void aWallClockNowhereIsIgnored(long gpa) {
        msrs.write(0x4b564d00, gpa);
        assertThat(msrs.read(0x4b564d00)).isEqualTo(gpa);
        assertThat(rig.memory.getLong(0)).isZero();
    }

    @Test
    void stateHoldsEveryRegisterAndWritesNoMemory() {
        msrs.write(0x4b564d01, PAGE | 1);
        msrs.write(0x4b564d00, PAGE + 64);
        rig.clock.tscMoved(1, false, 77);
        KvmClock.State saved = rig.clock.save();
        assertThat(saved).isEqualTo(new KvmClock.State(1, PAGE + 64, false, List.of(PAGE | 1, 0L), List.of(0L, 77L)));
        KvmClock copy = new KvmClock(rig.memory, KvmRig.TSC_HZ, 0, 2, KvmClockListener.NONE);
        int version = rig.memory.getInt(PAGE);

        copy.restore(saved);

        assertThat(copy.save()).isEqualTo(saved);
        assertThat(rig.memory.getInt(PAGE)).isEqualTo(version);
        copy.tscMoved(0, true, 77);
        assertThat(flags(PAGE)).isEqualTo(STABLE);
        copy.reset();
        assertThat(copy.save()).isEqualTo(new KvmClock.State(1, 0, true, List.of(0L, 0L), List.of(0L, 0L)));
    }

    @Test
    void otherStatesAreRefused() {
        assertThatThrownBy(() -> new KvmClock.State(2, 0, true, List.of(), List.of()))
                .hasMessageContaining("version 2");
        assertThatThrownBy(() -> rig.clock.restore(new KvmClock.State(1, 0, true, List.of(0L), List.of(0L))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 and 1 processors");
    }
}
