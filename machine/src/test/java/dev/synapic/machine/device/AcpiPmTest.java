// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Against ACPI 6.5, 4.8.3. */
class AcpiPmTest {
    private static final int STATUS = 0;
    private static final int ENABLE = 2;
    private static final int CONTROL = 4;
    private static final int TIMER = 8;
    private static final int GPE_STATUS = 0x20;
    private static final int GPE_ENABLE = 0x22;

    private final DeviceTime time = new DeviceTime();
    private final RecordedLine sci = new RecordedLine();
    private final RecordedPower power = new RecordedPower();
    private final AcpiPm pm = new AcpiPm(time, sci, power, AcpiPm.TimerWidth.BITS_24);

    @Test
    void theTimerRunsWithThreeAndAHalfMegahertz() {
        time.pass(DeviceTime.SECOND);
        assertThat(pm.in(TIMER, 4)).isEqualTo(3_579_545);
        time.pass(4 * DeviceTime.SECOND);
        assertThat(pm.in(TIMER, 4)).as("24 bits").isEqualTo(5 * 3_579_545 & 0xFF_FFFF);
        AcpiPm wide = new AcpiPm(time, sci, power, AcpiPm.TimerWidth.BITS_32);
        assertThat(wide.in(TIMER, 4)).isEqualTo(5 * 3_579_545);
    }

    /** The 24-bit timer's bit 23 changes every 2.34 seconds. */
    @Test
    void theTimersCarryIsAnEventWithAnSci() {
        pm.out(ENABLE, 2, 1);
        time.pass(2_343 * DeviceTime.MILLISECOND);
        assertThat(sci.asserted()).isFalse();
        time.pass(DeviceTime.MILLISECOND);
        assertThat(sci.asserted()).isTrue();
        assertThat(pm.in(STATUS, 2)).isEqualTo(1);
        pm.out(STATUS, 2, 1);
        assertThat(sci.asserted()).isFalse();
        time.pass(3 * DeviceTime.SECOND);
        assertThat(sci.rises()).isEqualTo(2);
    }

    @Test
    void nothingIsPlannedForAGuestThatDoesNotListen() {
        time.pass(3 * DeviceTime.SECOND);
        assertThat(pm.in(STATUS, 2)).as("the flag is set all the same").isEqualTo(1);
        assertThat(time.idle()).isTrue();
    }

    @Test
    void sleepingWithTheTypeOfS5SwitchesOff() {
        assertThat(pm.in(CONTROL, 2) & 1).as("SCI_EN: ACPI is always on").isEqualTo(1);
        pm.out(CONTROL, 2, 0x0400);
        assertThat(power.events()).as("a type without SLP_EN").isEmpty();
        pm.out(CONTROL, 2, 0x2001);
        assertThat(power.events()).containsExactly("off");
    }

    /** kvm-unit-tests' s3 sleeps with type 1, QEMU's S3, without asking the namespace; ACPI 6.5, 4.8.3.2.1. */
    @Test
    void sleepingWithATypeThatIsNotOfferedIsForEver() {
        pm.out(CONTROL, 2, 0x0400 | 0x2000);
        assertThat(power.events()).containsExactly("sleep 1");
    }

    @Test
    void thePowerButtonIsAnEvent() {
        pm.out(ENABLE, 2, 0x0100);
        pm.pressPowerButton();
        assertThat(sci.asserted()).isTrue();
        assertThat(pm.in(STATUS, 4)).as("status and enable in one access").isEqualTo(0x0100_0100);
        pm.out(STATUS + 1, 1, 0x01);
        assertThat(sci.asserted()).as("bytes reach their half").isFalse();
    }

    @Test
    void generalPurposeEventsRaiseTheSciWhereEnabled() {
        pm.raiseGpe(1);
        assertThat(sci.asserted()).isFalse();
        pm.out(GPE_ENABLE, 1, 2);
        assertThat(sci.asserted()).isTrue();
        pm.out(GPE_STATUS, 1, 2);
        assertThat(sci.asserted()).isFalse();
    }

    @Test
    void restoreOfSaveIsTheSameDevice() {
        pm.out(ENABLE, 2, 0x0101);
        pm.pressPowerButton();
        AcpiPmState saved = pm.save();
        RecordedLine otherSci = new RecordedLine();
        AcpiPm other = new AcpiPm(time, otherSci, power, AcpiPm.TimerWidth.BITS_24);
        other.restore(saved);
        assertThat(other.save()).isEqualTo(saved);
        assertThat(otherSci.asserted()).isTrue();
        pm.reset();
        assertThat(sci.asserted()).isFalse();
        assertThat(pm.in(ENABLE, 2)).isZero();
    }
}
