// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

/** Against the MC146818A data sheet. */
class RealTimeClockTest {
    /** A Wednesday. */
    private static final LocalDateTime START = LocalDateTime.of(2025, 12, 31, 23, 59, 50);

    private static final CmosMemory FIRMWARE = new CmosMemory(5L << 30, 3L << 30, 80);

    private final DeviceTime time = new DeviceTime();
    private final RecordedLine line = new RecordedLine();
    private final RealTimeClock rtc = new RealTimeClock(time, line, START.toEpochSecond(ZoneOffset.UTC), FIRMWARE);

    private int read(int register) {
        rtc.out(0, 1, register);
        return rtc.in(1, 1);
    }

    private void write(int register, int value) {
        rtc.out(0, 1, register);
        rtc.out(1, 1, value);
    }

    private String dateAndTime() {
        return "%02x%02x-%02x-%02x %02x:%02x:%02x"
                .formatted(read(0x32), read(9), read(8), read(7), read(4), read(2), read(0));
    }

    @Test
    void theCalendarGoesWithVirtualTimeInBcd() {
        assertThat(dateAndTime()).isEqualTo("2025-12-31 23:59:50");
        assertThat(read(6)).as("Sunday is 1").isEqualTo(4);
        time.pass(10 * DeviceTime.SECOND);
        assertThat(dateAndTime()).isEqualTo("2026-01-01 00:00:00");
        assertThat(read(6)).isEqualTo(5);
    }

    @Test
    void registerBChoosesBinaryAndTwelveHours() {
        write(0x0B, 0x06);
        assertThat(read(4)).isEqualTo(23);
        write(0x0B, 0x00);
        assertThat(read(4)).as("11 PM in BCD").isEqualTo(0x91);
        time.pass(10 * DeviceTime.SECOND);
        assertThat(read(4)).as("midnight is 12 AM").isEqualTo(0x12);
        write(4, 0x81);
        write(0x0B, 0x02);
        assertThat(read(4)).as("1 PM").isEqualTo(0x13);
    }

    @Test
    void setHoldsTheCalendarUntilTheGuestHasWrittenIt() {
        time.pass(250 * DeviceTime.MILLISECOND);
        write(0x0B, 0x82);
        time.pass(5 * DeviceTime.SECOND);
        assertThat(dateAndTime()).isEqualTo("2025-12-31 23:59:50");
        write(9, 0x30);
        write(8, 0x07);
        write(7, 0x04);
        write(4, 0x12);
        write(2, 0x34);
        write(0, 0x56);
        write(0x0B, 0x02);
        assertThat(dateAndTime()).isEqualTo("2030-07-04 12:34:56");
        time.pass(740 * DeviceTime.MILLISECOND);
        assertThat(read(0)).isEqualTo(0x56);
        time.pass(20 * DeviceTime.MILLISECOND);
        assertThat(read(0)).as("the phase of the second went on").isEqualTo(0x57);
    }

    @Test
    void theFirstUpdateComesHalfASecondAfterTheDividerIsReleased() {
        time.pass(900 * DeviceTime.MILLISECOND);
        write(0x0A, 0x70);
        time.pass(DeviceTime.SECOND);
        assertThat(read(0)).isEqualTo(0x50);
        write(0x0A, 0x26);
        time.pass(490 * DeviceTime.MILLISECOND);
        assertThat(read(0)).isEqualTo(0x50);
        time.pass(20 * DeviceTime.MILLISECOND);
        assertThat(read(0)).isEqualTo(0x51);
    }

    @Test
    void updateInProgressWarnsBeforeTheSecondChanges() {
        assertThat(read(0x0A)).isEqualTo(0x26);
        time.pass(DeviceTime.SECOND - DeviceTime.MILLISECOND);
        assertThat(read(0x0A)).isEqualTo(0xA6);
        time.pass(DeviceTime.MILLISECOND);
        assertThat(read(0x0A)).isEqualTo(0x26);
        assertThat(read(0)).isEqualTo(0x51);
    }

    @Test
    void theUpdateInterruptComesEachSecondOnceItsFlagWasRead() {
        write(0x0B, 0x12);
        time.pass(3 * DeviceTime.SECOND);
        assertThat(line.rises()).as("nothing more until register C is read").isEqualTo(1);
        assertThat(read(0x0C) & 0x90).isEqualTo(0x90);
        assertThat(line.asserted()).isFalse();
        assertThat(read(0x0C)).isZero();
        time.pass(DeviceTime.SECOND);
        assertThat(line.rises()).isEqualTo(2);
    }

    /** RS 0110 is 1,024 Hz, the rate that PCs start with (table 5). */
    @Test
    void thePeriodicInterruptHasTheRateOfRegisterA() {
        write(0x0B, 0x42);
        int ticks = 0;
        for (int i = 0; i < 1_000; i++) {
            time.pass(DeviceTime.MILLISECOND);
            ticks += read(0x0C) >> 6 & 1;
        }
        assertThat(ticks).as("one a millisecond, each time at least one").isEqualTo(1_000);
        assertThat(line.rises()).isGreaterThanOrEqualTo(976);
        write(0x0A, 0x2F);
        read(0x0C);
        time.pass(490 * DeviceTime.MILLISECOND);
        int slow = line.rises();
        time.pass(510 * DeviceTime.MILLISECOND);
        read(0x0C);
        assertThat(line.rises()).as("2 Hz").isGreaterThanOrEqualTo(slow);
    }

    @Test
    void theAlarmComparesHoursMinutesAndSecondsOrAnything() {
        write(5, 0x00);
        write(3, 0x00);
        write(1, 0x03);
        write(0x0B, 0x22);
        time.pass(12_999 * DeviceTime.MILLISECOND);
        assertThat(line.asserted()).isFalse();
        time.pass(DeviceTime.MILLISECOND);
        assertThat(read(0x0C) & 0xA0).isEqualTo(0xA0);
        // Bits 7:6 of an alarm byte: any.
        write(5, 0xC0);
        write(3, 0xFF);
        write(1, 0xC0);
        time.pass(DeviceTime.SECOND);
        assertThat(line.asserted()).as("every second").isTrue();
    }

    @Test
    void anAlarmThatCannotComeIsNotAwaited() {
        write(5, 0x77);
        write(0x0B, 0x22);
        assertThat(time.idle()).isTrue();
    }

    @Test
    void anHpetMayTakeTheLineButNotTheFlags() {
        write(0x0B, 0x12);
        rtc.blockLine(true);
        time.pass(DeviceTime.SECOND);
        assertThat(line.rises()).isZero();
        rtc.blockLine(false);
        assertThat(line.asserted()).isTrue();
    }

    /** 5 GiB, of which 3 below the hole; IBM PC AT bytes and those of QEMU's firmware. */
    @Test
    void memoryTellsTheSizeOfRamAndTheNumberOfProcessors() {
        assertThat(read(0x16) << 8 | read(0x15)).isEqualTo(640);
        assertThat(read(0x31) << 8 | read(0x30)).isEqualTo(0xFFFF);
        assertThat(read(0x35) << 8 | read(0x34)).isEqualTo((3 << 14) - (16 << 4));
        assertThat(read(0x5D) << 16 | read(0x5C) << 8 | read(0x5B)).isEqualTo(2 << 14);
        assertThat(read(0x5F)).isEqualTo(79);
        assertThat(read(0x0D)).isEqualTo(0x80);
        write(0x0F, 0x0A);
        assertThat(read(0x0F)).isEqualTo(0x0A);
    }

    @Test
    void restoreOfSaveIsTheSameDevice() {
        write(0x0B, 0x12);
        write(1, 0x30);
        write(0x40, 0x55);
        time.pass(500 * DeviceTime.MILLISECOND);
        RealTimeClockState saved = rtc.save();
        RecordedLine otherLine = new RecordedLine();
        RealTimeClock other = new RealTimeClock(time, otherLine, 0, FIRMWARE);
        other.restore(saved);
        assertThat(other.save()).isEqualTo(saved);
        time.pass(500 * DeviceTime.MILLISECOND);
        assertThat(otherLine.asserted()).isTrue();
        rtc.reset();
        assertThat(line.asserted()).isFalse();
        assertThat(read(0x40)).as("memory survives a reset").isEqualTo(0x55);
        assertThat(read(0)).isEqualTo(0x51);
    }

    @Test
    void aStateOfAnUnknownVersionIsRefused() {
        RealTimeClockState s = rtc.save();
        assertThatThrownBy(() -> new RealTimeClockState(2, 0, 0, 0, 0, false, 0, 0, 0, 0, 0, s.memory()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("version 2");
    }
}
