// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.interrupts.routing.InterruptLine;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.Frequency;
import dev.synapic.machine.schedule.VirtualTime;

/**
 * ACPI's fixed hardware: PM1a events and control, the power management timer, a block of general-purpose events.
 *
 * <ul>
 *   <li>Models: TMR_STS, PWRBTN_STS, RTC_STS and GBL_STS with their enables and the SCI; SCI_EN always on (there is no legacy
 *       mode, so no SMI_CMD); SLP_EN with the type of S5 switches off; a timer of 3.579545 MHz with 24 or 32 bits; 16
 *       general-purpose events with enables.
 *   <li>Spec: ACPI 6.5, 4.8.3 and 4.8.4. Ports and the type of S5 are QEMU's for the PIIX4, since small guests have them built in.
 *   <li>Not modelled: S1 to S4 (the namespace offers none; a guest that sets SLP_EN with their types sleeps for ever), bus
 *       master status, the global lock's release.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class AcpiPm implements IoDevice {
    public static final int PORT = 0x600;
    public static final int PORTS = 0x28;
    public static final int PM1_EVENT = 0x00;
    public static final int PM1_EVENT_BYTES = 4;
    public static final int PM1_CONTROL = 0x04;
    public static final int PM1_CONTROL_BYTES = 2;
    public static final int TIMER = 0x08;
    public static final int TIMER_BYTES = 4;
    public static final int GPE0 = 0x20;
    public static final int GPE0_BYTES = 4;
    /** Where the SCI arrives. */
    public static final int SCI_GSI = 9;
    /** SLP_TYP of S5. */
    public static final int S5_TYPE = 0;

    static final int TMR = 1;
    static final int GBL = 1 << 5;
    static final int PWRBTN = 1 << 8;
    static final int RTC = 1 << 10;
    private static final int EVENTS = TMR | GBL | PWRBTN | RTC;

    private static final int SCI_EN = 1;
    private static final int CONTROL_KEPT = 0x1C02;
    private static final int SLP_TYP_SHIFT = 10;
    private static final int SLP_EN = 1 << 13;

    private static final Frequency PM_TIMER = new Frequency(3_579_545);

    /** Bits of the power management timer; the FADT's TMR_VAL_EXT tells the guest. */
    public enum TimerWidth {
        BITS_24(24),
        BITS_32(32);

        private final int bits;

        TimerWidth(int bits) {
            this.bits = bits;
        }

        private long value(long ticks) {
            return ticks & (1L << bits) - 1;
        }

        /** How often the most significant bit has changed. */
        private long halves(long ticks) {
            return ticks >>> bits - 1;
        }
    }

    private final DeviceClock clock;
    private final InterruptLine sci;
    private final PowerPort power;
    private final TimerWidth width;
    private final DeviceTimer carry;

    private int status;
    private int enabled;
    private int control;
    private int gpeStatus;
    private int gpeEnabled;
    private long settledHalves;
    private boolean asserted;

    public AcpiPm(DeviceClock clock, InterruptLine sci, PowerPort power, TimerWidth width) {
        this.clock = clock;
        this.sci = sci;
        this.power = power;
        this.width = width;
        this.carry = clock.timer(this::update);
    }

    public TimerWidth timerWidth() {
        return width;
    }

    // ---- the outside

    /** Somebody presses the power button: a guest that listens shuts itself down. */
    public void pressPowerButton() {
        status |= PWRBTN;
        update();
    }

    /** A general-purpose event, 0 to 15, happens. */
    public void raiseGpe(int number) {
        gpeStatus |= 1 << number;
        update();
    }

    // ---- ports

    @Override
    public int in(int offset, int size) {
        if (offset >= TIMER && offset < TIMER + TIMER_BYTES) {
            return (int) width.value(PM_TIMER.ticks(clock.nowPs())) >>> (offset - TIMER) * 8;
        }
        settle();
        return register(offset & ~1) >>> (offset & 1) * 8 | (size == 4 ? register((offset & ~1) + 2) << 16 : 0);
    }

    private int register(int offset) {
        return switch (offset) {
            case PM1_EVENT -> status;
            case PM1_EVENT + 2 -> enabled;
            case PM1_CONTROL -> control | SCI_EN;
            case GPE0 -> gpeStatus;
            case GPE0 + 2 -> gpeEnabled;
            default -> 0;
        };
    }

    @Override
    public void out(int offset, int size, int value) {
        settle();
        int at = offset & ~1;
        int shift = (offset & 1) * 8;
        int mask = (size == 1 ? 0xFF : 0xFFFF) << shift & 0xFFFF;
        write(at, mask, value << shift & mask);
        if (size == 4) {
            write(at + 2, 0xFFFF, value >>> 16);
        }
        update();
    }

    private void write(int offset, int mask, int value) {
        switch (offset) {
            case PM1_EVENT -> status &= ~value;
            case PM1_EVENT + 2 -> enabled = (enabled & ~mask | value) & EVENTS;
            case PM1_CONTROL -> writeControl(control & ~mask | value);
            case GPE0 -> gpeStatus &= ~value;
            case GPE0 + 2 -> gpeEnabled = gpeEnabled & ~mask | value;
            default -> {
                // The timer is read-only; nothing else is there.
            }
        }
    }

    private void writeControl(int value) {
        control = value & CONTROL_KEPT;
        if ((value & SLP_EN) == 0) {
            return;
        }
        int type = value >> SLP_TYP_SHIFT & 7;
        if (type == S5_TYPE) {
            power.powerOff();
        } else {
            power.sleepForever(type);
        }
    }

    // ---- events

    /** TMR_STS is set whenever the timer's most significant bit changes (4.8.3.1.1). */
    private void settle() {
        long halves = width.halves(PM_TIMER.ticks(clock.nowPs()));
        if (halves != settledHalves) {
            status |= TMR;
            settledHalves = halves;
        }
    }

    private void update() {
        settle();
        boolean now = (status & enabled) != 0 || (gpeStatus & gpeEnabled) != 0;
        if (now != asserted) {
            asserted = now;
            sci.set(now);
        }
        boolean awaited = (enabled & TMR) != 0 && (status & TMR) == 0;
        carry.set(awaited ? PM_TIMER.psAt(settledHalves + 1 << width.bits - 1) : VirtualTime.NEVER);
    }

    // ---- state

    public void reset() {
        settle();
        status = 0;
        enabled = 0;
        control = 0;
        gpeStatus = 0;
        gpeEnabled = 0;
        update();
    }

    public AcpiPmState save() {
        settle();
        return new AcpiPmState(
                AcpiPmState.CURRENT_VERSION, status, enabled, control, gpeStatus, gpeEnabled, settledHalves);
    }

    public void restore(AcpiPmState state) {
        status = state.status();
        enabled = state.enabled();
        control = state.control();
        gpeStatus = state.gpeStatus();
        gpeEnabled = state.gpeEnabled();
        settledHalves = state.settledHalves();
        update();
    }
}
