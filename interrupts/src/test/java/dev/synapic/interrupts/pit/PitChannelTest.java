// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.Pit;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * 8254 data sheet: mode definitions with their timing diagrams, which use counts of 4, 3 and 5. Channel 2 is the one whose
 * gate and output a PC shows.
 */
class PitChannelTest {
    private final PitRig rig = new PitRig();

    private PitChannelTest() {
        rig.at(1000);
        rig.gate2(true);
    }

    // ---- the clock

    /** 1,193,182 ticks are one second, exactly; a tick is over at its first whole nanosecond. */
    @Test
    void ticksAndNanosecondsAreConvertedWithoutDrift() {
        assertThat(PitTicks.at(1_000_000_000L)).isEqualTo(1_193_182);
        assertThat(PitTicks.at(86_400_000_000_000L)).isEqualTo(1_193_182L * 86_400);
        assertThat(PitTicks.nanos(1)).isEqualTo(839);
        for (long tick = 0; tick < 10_000_000; tick += 12_347) {
            long nanos = PitTicks.nanos(tick);
            assertThat(PitTicks.at(nanos)).isEqualTo(tick);
            assertThat(nanos == 0 ? -1 : PitTicks.at(nanos - 1)).isEqualTo(tick - 1);
        }
        assertThat(PitTicks.nanos(PitTicks.NEVER)).isEqualTo(Long.MAX_VALUE);
    }

    /** 292 years of nanoseconds must not overflow on the way. */
    @Test
    void farTimesDoNotOverflow() {
        BigInteger exact = BigInteger.valueOf(Long.MAX_VALUE)
                .multiply(BigInteger.valueOf(1_193_182))
                .divide(BigInteger.valueOf(1_000_000_000));

        assertThat(PitTicks.at(Long.MAX_VALUE)).isEqualTo(exact.longValueExact());
    }

    // ---- mode 0

    /** Data sheet, mode 0: OUT is low from the control word on, and rises N + 1 ticks after the count was written. */
    @Test
    void mode0RisesOnceAtItsCount() {
        rig.program(2, 0, 4);

        assertThat(rig.waveform(9)).isEqualTo("LLLLLHHHH");
    }

    @Test
    void mode0CountsDownAndWrapsAround() {
        rig.program(2, 0, 4);
        rig.at(1001);
        assertThat(rig.read(2)).isEqualTo(4);
        rig.at(1004);
        assertThat(rig.read(2)).isEqualTo(1);
        rig.at(1005);
        assertThat(rig.read(2)).isZero();
        rig.at(1006);

        assertThat(rig.read(2)).isEqualTo(0xFFFF);
    }

    @Test
    void gateHoldsTheCountOfMode0() {
        rig.program(2, 0, 4);
        rig.at(1003);
        rig.gate2(false);
        rig.at(1100);
        assertThat(rig.read(2)).isEqualTo(2);

        rig.gate2(true);

        assertThat(rig.waveform(4)).isEqualTo("LLHH");
    }

    /** Data sheet, mode 0: writing the first byte disables counting, the second allows it. */
    @Test
    void firstByteOfANewCountStopsMode0() {
        rig.program(2, 0, 4);
        rig.at(1003);
        rig.pit.out(Pit.CHANNEL2, 3);
        assertThat(rig.waveform(20)).isEqualTo("L".repeat(20));

        rig.pit.out(Pit.CHANNEL2, 0);

        assertThat(rig.waveform(6)).isEqualTo("LLLLHH");
    }

    // ---- mode 1

    @Test
    void mode1IsAOneShotOfItsTriggers() {
        rig.gate2(false);
        rig.program(2, 1, 3);
        assertThat(rig.waveform(5)).as("no trigger yet").isEqualTo("HHHHH");

        rig.gate2(true);
        assertThat(rig.waveform(7)).isEqualTo("HLLLHHH");
        rig.gate2(false);
        rig.gate2(true);

        assertThat(rig.waveform(6)).as("triggers again").isEqualTo("HLLLHH");
    }

    @Test
    void newCountOfMode1WaitsForTheNextTrigger() {
        rig.gate2(false);
        rig.program(2, 1, 3);
        rig.gate2(true);
        rig.at(1002);
        rig.count(2, 5);
        assertThat(rig.waveform(4)).isEqualTo("LLHH");
        rig.gate2(false);
        rig.gate2(true);

        assertThat(rig.waveform(8)).isEqualTo("HLLLLLHH");
    }

    // ---- mode 2

    /** Data sheet, mode 2: high, and low for the one tick in which the count is 1. */
    @Test
    void mode2DividesByItsCount() {
        rig.program(2, 2, 3);

        assertThat(rig.waveform(10)).isEqualTo("HHHLHHLHHL");
    }

    @Test
    void mode2CountsFromNToOne() {
        rig.program(2, 2, 3);
        int[] expected = {3, 2, 1, 3, 2, 1};
        for (int i = 0; i < expected.length; i++) {
            rig.at(1001 + i);
            assertThat(rig.read(2)).isEqualTo(expected[i]);
        }
    }

    @Test
    void newCountOfMode2TakesOverAtTheEndOfTheCycle() {
        rig.program(2, 2, 4);
        rig.at(1002);
        rig.count(2, 3);
        assertThat(rig.status(2) & Pit.STATUS_NULL_COUNT).isNotZero();

        assertThat(rig.waveform(10)).isEqualTo("HHLHHLHHLH");
        assertThat(rig.status(2) & Pit.STATUS_NULL_COUNT).isZero();
    }

    @Test
    void closedGateRaisesTheOutputOfMode2AndOpeningStartsAnew() {
        rig.program(2, 2, 3);
        rig.at(1003);
        assertThat(rig.pit.output(2)).isFalse();
        rig.gate2(false);
        assertThat(rig.waveform(5)).isEqualTo("HHHHH");

        rig.gate2(true);

        assertThat(rig.waveform(5)).isEqualTo("HHHLH");
    }

    @Test
    void gateThatWasClosedWhenTheCountCameStartsIt() {
        rig.gate2(false);
        rig.program(2, 2, 3);
        assertThat(rig.waveform(5)).isEqualTo("HHHHH");

        rig.gate2(true);

        assertThat(rig.waveform(5)).isEqualTo("HHHLH");
    }

    // ---- mode 3

    @ParameterizedTest
    @CsvSource({"4, HHHLLHHLLH", "5, HHHHLLHHHL", "2, HHLHLHLHLH", "3, HHHLHHLHHL"})
    void mode3IsASquareWaveWhoseFirstHalfIsTheLongerOne(int count, String expected) {
        rig.program(2, 3, count);

        assertThat(rig.waveform(10)).isEqualTo(expected);
    }

    /** Data sheet, mode 3: by two; odd counts start at N - 1 in both halves, the high one lasting until zero. */
    @ParameterizedTest
    @CsvSource({"4, 4 2 4 2 4", "5, 4 2 0 4 2 4"})
    void mode3CountsByTwo(int count, String expected) {
        rig.program(2, 3, count);
        long tick = 1001;
        for (String value : expected.split(" ")) {
            rig.at(tick++);
            assertThat(rig.read(2)).isEqualTo(Integer.parseInt(value));
        }
    }

    @Test
    void newCountOfMode3TakesOverAtTheEndOfTheHalfCycle() {
        rig.program(2, 3, 4);
        rig.at(1002);
        rig.count(2, 8);

        assertThat(rig.waveform(12)).isEqualTo("HLLLLHHHHLLL");
    }

    // ---- modes 4 and 5

    @Test
    void mode4StrobesOnce() {
        rig.program(2, 4, 3);

        assertThat(rig.waveform(9)).isEqualTo("HHHHLHHHH");
    }

    @Test
    void mode5StrobesAfterItsTrigger() {
        rig.gate2(false);
        rig.program(2, 5, 3);
        assertThat(rig.waveform(5)).isEqualTo("HHHHH");
        rig.gate2(true);

        assertThat(rig.waveform(7)).isEqualTo("HHHHLHH");
    }

    // ---- counts

    @Test
    void zeroStandsForTheLargestCount() {
        rig.program(2, 2, 0);
        rig.at(1001);
        assertThat(rig.read(2)).as("65536").isZero();
        rig.at(1002);

        assertThat(rig.read(2)).isEqualTo(0xFFFF);
    }

    @Test
    void bcdCountsInDecimal() {
        rig.pit.out(Pit.COMMAND, 2 << 6 | 3 << 4 | 2 << 1 | Pit.BCD);
        rig.count(2, 0x1000);
        rig.at(1002);
        assertThat(rig.read(2)).isEqualTo(0x0999);
        rig.at(1001 + 1000);
        assertThat(rig.read(2)).isEqualTo(0x1000);
        rig.pit.out(Pit.COMMAND, 2 << 6 | 3 << 4 | 0 << 1 | Pit.BCD);
        rig.count(2, 0);
        rig.at(2001 + 2);

        assertThat(rig.read(2)).as("zero stands for 10000").isEqualTo(0x9999);
    }

    @Test
    void bytesAreWrittenAndReadAsTheAccessModeSays() {
        rig.pit.out(Pit.COMMAND, 2 << 6 | Pit.ACCESS_HIGH << 4 | 2 << 1);
        rig.pit.out(Pit.CHANNEL2, 0x12);
        rig.at(1001);
        assertThat(rig.pit.in(Pit.CHANNEL2)).isEqualTo(0x12);
        assertThat(rig.pit.in(Pit.CHANNEL2)).isEqualTo(0x12);
        rig.pit.out(Pit.COMMAND, 2 << 6 | Pit.ACCESS_LOW << 4 | 2 << 1);
        rig.pit.out(Pit.CHANNEL2, 0x34);
        rig.at(1002);

        assertThat(rig.pit.in(Pit.CHANNEL2)).isEqualTo(0x34);
    }

    // ---- latches

    @Test
    void latchedCountStaysUntilBothBytesAreRead() {
        rig.program(2, 2, 0x1000);
        rig.at(1001);
        rig.pit.out(Pit.COMMAND, 2 << 6);
        rig.at(1101);
        rig.pit.out(Pit.COMMAND, 2 << 6);

        assertThat(rig.unlatched(2)).as("the second latch is ignored").isEqualTo(0x1000);
        assertThat(rig.unlatched(2)).as("running again").isEqualTo(0x1000 - 100);
    }

    @Test
    void readBackLatchesCountsOfSeveralChannels() {
        rig.program(0, 2, 0x2000);
        rig.program(2, 2, 0x1000);
        rig.at(1001);
        rig.pit.out(Pit.COMMAND, 0xC0 | Pit.READ_BACK_NO_STATUS | 2 << 0 | 2 << 2);
        rig.at(1011);

        assertThat(rig.unlatched(0)).isEqualTo(0x2000);
        assertThat(rig.unlatched(2)).isEqualTo(0x1000);
    }

    /** Data sheet, "Read-back command": the status comes first whatever was latched first. */
    @Test
    void readBackOfBothGivesTheStatusFirst() {
        rig.program(2, 2, 0x1234);
        rig.at(1001);
        rig.pit.out(Pit.COMMAND, 0xC0 | 2 << 2);

        assertThat(rig.pit.in(Pit.CHANNEL2)).isEqualTo(Pit.STATUS_OUT | 3 << 4 | 2 << 1);
        assertThat(rig.unlatched(2)).isEqualTo(0x1234);
    }

    @Test
    void nullCountIsSetUntilTheCountIsLoaded() {
        rig.pit.out(Pit.COMMAND, 2 << 6 | 3 << 4 | 3 << 1);
        assertThat(rig.status(2) & Pit.STATUS_NULL_COUNT)
                .as("after the control word")
                .isNotZero();
        rig.count(2, 100);
        assertThat(rig.status(2) & Pit.STATUS_NULL_COUNT)
                .as("before the next tick")
                .isNotZero();
        rig.at(1001);

        assertThat(rig.status(2) & Pit.STATUS_NULL_COUNT).isZero();
    }

    @Test
    void statusTellsOutputAccessModeAndBcd() {
        rig.pit.out(Pit.COMMAND, 2 << 6 | Pit.ACCESS_LOW << 4 | 0 << 1 | Pit.BCD);
        rig.pit.out(Pit.CHANNEL2, 9);
        rig.at(1002);

        assertThat(rig.status(2)).isEqualTo(Pit.ACCESS_LOW << 4 | Pit.BCD);
    }

    @ParameterizedTest
    @ValueSource(ints = {6, 7})
    void modes6And7AreModes2And3(int mode) {
        rig.program(2, mode, 10);
        rig.at(1001);

        assertThat(rig.status(2) >> 1 & 7).isEqualTo(mode - 4);
    }

    @Test
    void commandPortIsWriteOnly() {
        assertThat(rig.pit.in(Pit.COMMAND)).isEqualTo(0xFF);
    }

    // ---- port 0x61

    @Test
    void systemControlKeepsFourBitsAndShowsChannel2() {
        rig.program(2, 0, 4);
        rig.pit.out(Pit.SYSTEM_CONTROL, 0xFF);
        assertThat(rig.pit.in(Pit.SYSTEM_CONTROL) & 0xEF).isEqualTo(0x0F);
        rig.at(2000);

        assertThat(rig.pit.in(Pit.SYSTEM_CONTROL) & 0xEF).isEqualTo(0x0F | Pit.OUT2);
        assertThat(rig.pit.speakerOn()).isTrue();
    }

    /** Guests wait for this bit to change to measure some 15 us. */
    @Test
    void refreshBitChangesEveryFifteenMicroseconds() {
        rig.at(18 * 100);
        int first = rig.pit.in(Pit.SYSTEM_CONTROL) & Pit.REFRESH;
        rig.at(18 * 101 - 1);
        assertThat(rig.pit.in(Pit.SYSTEM_CONTROL) & Pit.REFRESH).isEqualTo(first);
        rig.at(18 * 101);

        assertThat(rig.pit.in(Pit.SYSTEM_CONTROL) & Pit.REFRESH).isNotEqualTo(first);
        assertThat(PitTicks.nanos(18)).isEqualTo(15_086);
    }
}
