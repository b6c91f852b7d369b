// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.guestmem.GuestMemory;
import java.math.BigInteger;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Partition Reference Time Enlightenment". */
class ReferenceTimeTest {
    private static final long PAGE = 0x5000;
    private static final long HZ = 2_500_000_000L;

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final ReferenceTime time = new ReferenceTime(memory, HZ);

    private int sequence() {
        return memory.getInt(PAGE);
    }

    /** The manual's formula, on what stands in the page. */
    private long byThePage(long guestTsc) {
        return Math.unsignedMultiplyHigh(guestTsc, memory.getLong(PAGE + 8)) + memory.getLong(PAGE + 16);
    }

    @Test
    void scaleTurnsTheTscIntoUnitsOf100Nanoseconds() {
        assertThat(time.at(0)).isZero();
        assertThat(time.at(HZ)).isBetween(9_999_999L, 10_000_000L);
        assertThat(time.at(HZ * 86_400 * 365)).isBetween(315_359_999_999_999L, 315_360_000_000_000L);
    }

    /** The worked example of the manual is its formula: page and register must agree at every instant. */
    @Test
    void pageAndCounterNeverDiffer() {
        time.write(PAGE | 1);
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            long tsc = random.nextLong() >>> 1 + random.nextInt(50);
            assertThat(byThePage(tsc)).as("tsc %d", tsc).isEqualTo(time.at(tsc));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {10_000_001, 1_000_000_000, 2_095_078_000L, 2_500_000_000L, 5_000_000_000L})
    void firstTickOfATimeIsItsFirst(long hz) {
        ReferenceTime clock = new ReferenceTime(memory, hz);
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int i = 0; i < 5_000; i++) {
            long wanted = random.nextLong() >>> 20 + random.nextInt(40);
            long tsc = clock.tscAt(wanted);

            assertThat(clock.at(tsc)).as("seed %d", seed).isGreaterThanOrEqualTo(wanted);
            if (tsc > 0) {
                assertThat(clock.at(tsc - 1)).as("seed %d", seed).isLessThan(wanted);
            }
        }
    }

    /** CVE-2026-89927: a deadline near the end of time must not wrap into the past. */
    @Test
    void timesBeyondReachAreNever() {
        for (long never : new long[] {-1, Long.MIN_VALUE, Long.MAX_VALUE, Long.MAX_VALUE - 1, 1L << 62}) {
            assertThat(time.tscAt(never)).isEqualTo(Long.MAX_VALUE);
        }
        time.tscMoved(1000, true, -1000);
        assertThat(time.tscAt(Long.MAX_VALUE / (HZ / 10_000_000) + 10)).isEqualTo(Long.MAX_VALUE);
        assertThat(time.tscAt(0)).as("the guest's zero").isEqualTo(1000);
    }

    @Test
    void clockSlowerThanItsUnitIsRefused() {
        assertThatThrownBy(() -> new ReferenceTime(memory, 10_000_000)).hasMessageContaining("too slow");
    }

    // ---- the page
    // ---------------------------------------------------------------------------------------------------------------

    @Test
    void enabledPageIsValidAtOnce() {
        memory.putLong(PAGE + 0xFF8, -1);

        time.write(PAGE | 1);

        assertThat(time.register()).isEqualTo(PAGE | 1);
        assertThat(sequence()).isEqualTo(1);
        assertThat(memory.getInt(PAGE + 4)).isZero();
        assertThat(memory.getLong(PAGE + 8))
                .isEqualTo(BigInteger.TWO
                        .pow(64)
                        .multiply(BigInteger.valueOf(10_000_000))
                        .divide(BigInteger.valueOf(HZ))
                        .longValue());
        assertThat(memory.getLong(PAGE + 16)).isZero();
        assertThat(memory.getLong(PAGE + 0xFF8)).as("an overlay starts empty").isZero();
    }

    @Test
    void disabledPageIsNotTouched() {
        memory.putInt(PAGE, 77);

        time.write(PAGE);
        time.tscMoved(0, false, 5);

        assertThat(sequence()).isEqualTo(77);
        assertThat(time.register()).isEqualTo(PAGE);
    }

    /** XSA-472 / CVE-2025-27466: a page without memory behind it. */
    @ParameterizedTest
    @ValueSource(longs = {1 << 20 | 1, -1, Long.MIN_VALUE | 1})
    void pageThatIsNoRamIsStoredAndInert(long value) {
        time.write(value);

        assertThat(time.register()).isEqualTo(value);
        assertThatCode(() -> time.tscMoved(0, true, 3)).doesNotThrowAnyException();
    }

    @Test
    void reservedBitsOfTheRegisterAreKept() {
        time.write(PAGE | 0xFFF);

        assertThat(time.register()).isEqualTo(PAGE | 0xFFF);
        assertThat(sequence()).isEqualTo(1);
    }

    @Test
    void tscsOutOfStepInvalidateThePageAndNotTheCounter() {
        time.write(PAGE | 1);

        time.tscMoved(HZ, false, 12_345);

        assertThat(sequence()).isZero();
        assertThat(time.at(HZ)).isBetween(9_999_999L, 10_000_000L);
        time.write(PAGE | 1);
        assertThat(sequence()).as("still out of step").isZero();
    }

    @Test
    void tscsInStepAgainMakeANewPageOnWhichTimeGoesOn() {
        time.write(PAGE | 1);
        long before = time.at(3 * HZ);
        time.tscMoved(3 * HZ, false, HZ);

        time.tscMoved(3 * HZ, true, HZ);

        assertThat(sequence()).isEqualTo(2);
        assertThat(time.at(3 * HZ)).isEqualTo(before);
        assertThat(byThePage(4 * HZ)).as("the guest's TSC is a second ahead").isEqualTo(before);
        assertThat(byThePage(5 * HZ)).isEqualTo(time.at(4 * HZ));
        assertThat(time.tscAt(before + 10_000_000)).isBetween(4 * HZ - 250, 4 * HZ + 250);
    }

    @Test
    void counterNeverStepsBackWhereTscsAreMoved() {
        Random random = new Random(3);
        long tsc = HZ;
        long shown = 0;
        for (int i = 0; i < 2_000; i++) {
            tsc += random.nextInt(1_000);
            time.tscMoved(tsc, random.nextBoolean(), random.nextLong() >> 20 + random.nextInt(40));
            assertThat(time.at(tsc)).isGreaterThanOrEqualTo(shown);
            shown = time.at(tsc);
        }
    }

    /** A counter that the guest has set below zero would wrap to zero within reach, and the formula with it. */
    @Test
    void tscBelowZeroIsOutOfStep() {
        time.write(PAGE | 1);

        time.tscMoved(1000, true, -1001);
        assertThat(sequence()).isZero();
        time.tscMoved(1001, true, -1001);

        assertThat(sequence()).isEqualTo(2);
        assertThat(byThePage(0)).isEqualTo(time.at(1001));
    }

    @Test
    void sequenceSkipsTheTwoValuesThatMeanInvalid() {
        time.restore(new ReferenceTime.State(1, PAGE | 1, true, -2, 0, 0));

        time.tscMoved(0, true, 1);

        assertThat(sequence()).isEqualTo(1);
    }

    @Test
    void restoredTimeWritesNoMemoryAndGoesOn() {
        time.write(PAGE | 1);
        time.tscMoved(HZ, true, 999);
        ReferenceTime.State saved = time.save();
        ReferenceTime other = new ReferenceTime(memory, HZ);
        memory.putInt(PAGE, 0);

        other.restore(saved);

        assertThat(other.save()).isEqualTo(saved);
        assertThat(sequence()).isZero();
        assertThat(other.at(5 * HZ)).isEqualTo(time.at(5 * HZ));
        assertThatThrownBy(() -> new ReferenceTime.State(2, 0, true, 0, 0, 0)).hasMessageContaining("version 2");
    }

    @Test
    void resetTakesThePageAwayAndNotTheTime() {
        time.write(PAGE | 1);
        time.tscMoved(HZ, true, 999);
        long before = time.at(2 * HZ);

        time.reset();

        assertThat(time.register()).isZero();
        assertThat(time.at(2 * HZ)).isEqualTo(before);
    }
}
