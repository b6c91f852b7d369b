// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.interrupts.routing.InterruptLine;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.Frequency;
import dev.synapic.machine.schedule.VirtualTime;
import java.util.Arrays;

/**
 * Real-time clock with CMOS memory, at ports 0x70 (index) and 0x71 (data).
 *
 * <ul>
 *   <li>Models: an MC146818A with a 32.768 kHz crystal: calendar in BCD or binary, 12 or 24 hours, SET, divider reset, update in
 *       progress; periodic, alarm and update-ended interrupts; 128 bytes of memory. Bytes 0x0E to 0x7F are what firmware puts
 *       there ({@link CmosMemory}). The calendar starts at a given second and goes with virtual time.
 *   <li>Spec: Motorola MC146818A data sheet; IBM PC AT Technical Reference for the ports.
 *   <li>Not modelled: the square-wave output, daylight saving, the NMI mask of port 0x70, other crystals. The day of the week
 *       follows from the date. A flag that nothing enables is set when it is looked for.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class RealTimeClock implements IoDevice {
    public static final int PORT = 0x70;
    public static final int PORTS = 2;
    public static final int IRQ = 8;

    static final int REGISTER_A = 0x0A;
    static final int REGISTER_B = 0x0B;
    static final int REGISTER_C = 0x0C;
    static final int REGISTER_D = 0x0D;

    static final int UPDATE_IN_PROGRESS = 0x80;
    static final int SET = 0x80;
    static final int PERIODIC = 0x40;
    static final int ALARM = 0x20;
    static final int UPDATE = 0x10;
    private static final int IRQF = 0x80;
    private static final int SOURCES = PERIODIC | ALARM | UPDATE;
    private static final int VALID = 0x80;
    private static final int RATE = 0x0F;
    /** DV 11x: the divider chain is held in reset. */
    private static final int DIVIDER_RESET = 0x60;

    private static final int DIVIDER_32_KHZ = 0x20;
    private static final int RATE_1024_HZ = 0x06;

    private static final long PS_PER_SECOND = 1_000_000_000_000L;
    /** The first update follows half a second after the divider's release (data sheet, "divider control"). */
    private static final long AFTER_RELEASE_PS = PS_PER_SECOND / 2;
    /** 244 us of warning and 1,984 us of update (data sheet, "update cycle"); the new second shows at the end. */
    private static final long UPDATE_PS = 2_228_000_000L;

    private static final Frequency CRYSTAL = new Frequency(32_768);

    private final DeviceClock clock;
    private final InterruptLine line;
    private final DeviceTimer timer;
    private final CalendarRegisters calendar = new CalendarRegisters();
    private final byte[] cmos = new byte[CmosMemory.BYTES];

    private int index;
    private int registerA;
    private int registerB;
    private int flags;
    private boolean asserted;
    private boolean lineBlocked;
    /** The calendar read secondsAtBase from basePs on, which is where a second began. */
    private long basePs;

    private long secondsAtBase;
    private long settledSeconds;
    private long settledPeriods;
    /** What the calendar shows while SET or the divider's reset holds it. */
    private long heldSeconds;

    /** epochSeconds is the calendar's time at power-on, in seconds since 1970-01-01; firmware is what CMOS memory holds. */
    public RealTimeClock(DeviceClock clock, InterruptLine line, long epochSeconds, CmosMemory firmware) {
        this.clock = clock;
        this.line = line;
        this.timer = clock.timer(this::due);
        firmware.copyTo(cmos);
        secondsAtBase = epochSeconds;
        heldSeconds = epochSeconds;
        settledSeconds = epochSeconds;
        registerA = DIVIDER_32_KHZ | RATE_1024_HZ;
        registerB = CalendarRegisters.HOURS_24;
    }

    @Override
    public int widestAccess() {
        return 1;
    }

    /** While on, interrupts do not reach the line: an HPET in legacy replacement has taken it. */
    public void blockLine(boolean on) {
        lineBlocked = on;
        update();
    }

    // ---- ports

    @Override
    public int in(int offset, int size) {
        return offset == 0 ? 0xFF : read(index);
    }

    @Override
    public void out(int offset, int size, int value) {
        if (offset == 0) {
            index = value & 0x7F;
        } else {
            write(index, value);
        }
    }

    private int read(int register) {
        return switch (register) {
            case REGISTER_A -> registerA | (updateInProgress() ? UPDATE_IN_PROGRESS : 0);
            case REGISTER_B -> registerB;
            case REGISTER_C -> readFlags();
            case REGISTER_D -> VALID;
            default -> {
                if (CalendarRegisters.isTime(register)) {
                    yield calendar.read(register, seconds(), registerB);
                }
                yield CalendarRegisters.isAlarm(register) ? calendar.alarm(register) : cmos[register] & 0xFF;
            }
        };
    }

    private int readFlags() {
        settle();
        int value = flags | (requests() ? IRQF : 0);
        flags = 0;
        update();
        return value;
    }

    private void write(int register, int value) {
        settle();
        switch (register) {
            case REGISTER_A -> writeA(value & 0x7F);
            case REGISTER_B -> writeB(value);
            case REGISTER_C, REGISTER_D -> {
                // Read-only.
            }
            default -> {
                if (CalendarRegisters.isTime(register)) {
                    setSeconds(calendar.write(register, value, seconds(), registerB));
                } else if (CalendarRegisters.isAlarm(register)) {
                    calendar.setAlarm(register, value);
                } else {
                    cmos[register] = (byte) value;
                }
            }
        }
        update();
    }

    private void writeA(int value) {
        boolean was = dividerReset();
        boolean held = held();
        long now = seconds();
        registerA = value;
        if (!was && dividerReset()) {
            heldSeconds = now;
        } else if (was && !dividerReset()) {
            basePs = clock.nowPs() + AFTER_RELEASE_PS - PS_PER_SECOND;
            secondsAtBase = heldSeconds;
            settledPeriods = periods();
        }
        if (held && !held()) {
            settledSeconds = secondsAtBase;
        }
        if ((value & RATE) != 0) {
            settledPeriods = periods();
        }
    }

    /** SET keeps the calendar for the guest to write; the phase of the second goes on meanwhile (data sheet, "SET"). */
    private void writeB(int value) {
        boolean wasSet = (registerB & SET) != 0;
        boolean set = (value & SET) != 0;
        if (set && !wasSet) {
            heldSeconds = seconds();
        }
        // SET clears UIE.
        registerB = set ? value & ~UPDATE : value;
        if (!set && wasSet && !dividerReset()) {
            basePs = clock.nowPs() - Math.floorMod(clock.nowPs() - basePs, PS_PER_SECOND);
            secondsAtBase = heldSeconds;
            settledSeconds = heldSeconds;
        }
    }

    // ---- time

    private boolean dividerReset() {
        return (registerA & DIVIDER_RESET) == DIVIDER_RESET;
    }

    private boolean held() {
        return (registerB & SET) != 0 || dividerReset();
    }

    private long seconds() {
        return held() ? heldSeconds : secondsAtBase + Math.floorDiv(clock.nowPs() - basePs, PS_PER_SECOND);
    }

    private void setSeconds(long seconds) {
        if (held()) {
            heldSeconds = seconds;
        } else {
            secondsAtBase += seconds - seconds();
            settledSeconds = seconds;
        }
    }

    private boolean updateInProgress() {
        return !held() && Math.floorMod(clock.nowPs() - basePs, PS_PER_SECOND) >= PS_PER_SECOND - UPDATE_PS;
    }

    private long psAtSecond(long second) {
        return basePs + (second - secondsAtBase) * PS_PER_SECOND;
    }

    /** Crystal ticks of a period: 2 to the power of RS - 1, where RS 1 and 2 stand for 8 and 9 (data sheet, table 5). */
    private int periodShift() {
        int rate = registerA & RATE;
        return rate <= 2 ? rate + 6 : rate - 1;
    }

    private boolean ticksPeriodically() {
        return (registerA & RATE) != 0 && !dividerReset();
    }

    private long periods() {
        return ticksPeriodically() ? CRYSTAL.ticks(clock.nowPs()) >> periodShift() : 0;
    }

    // ---- interrupts

    /** Sets the flags of what has happened since it was last looked at. */
    private void settle() {
        if (ticksPeriodically()) {
            long now = periods();
            if (now > settledPeriods) {
                flags |= PERIODIC;
            }
            settledPeriods = now;
        }
        if (!held()) {
            long now = seconds();
            if (now > settledSeconds) {
                flags |= UPDATE;
                if (calendar.nextAlarm(settledSeconds, registerB) <= now) {
                    flags |= ALARM;
                }
            }
            settledSeconds = now;
        }
    }

    private boolean requests() {
        return (flags & registerB & SOURCES) != 0;
    }

    private void due() {
        settle();
        update();
    }

    private void update() {
        boolean now = requests() && !lineBlocked;
        if (now != asserted) {
            asserted = now;
            line.set(now);
        }
        timer.set(requests() ? VirtualTime.NEVER : nextPs());
    }

    /** When the next enabled flag will be set. */
    private long nextPs() {
        long next = VirtualTime.NEVER;
        if ((registerB & PERIODIC) != 0 && ticksPeriodically()) {
            next = CRYSTAL.psAt(settledPeriods + 1 << periodShift());
        }
        if (!held() && (registerB & UPDATE) != 0) {
            next = Math.min(next, psAtSecond(settledSeconds + 1));
        }
        if (!held() && (registerB & ALARM) != 0) {
            long second = calendar.nextAlarm(settledSeconds, registerB);
            next = second == Long.MAX_VALUE ? next : Math.min(next, psAtSecond(second));
        }
        return next;
    }

    // ---- state

    /** RESET of the chip: interrupts go, the calendar and the memory stay (data sheet, "RESET"). */
    public void reset() {
        settle();
        registerB &= ~SOURCES;
        flags = 0;
        index = 0;
        lineBlocked = false;
        update();
    }

    public RealTimeClockState save() {
        settle();
        byte[] memory = Arrays.copyOf(cmos, cmos.length);
        calendar.saveAlarms(memory);
        return new RealTimeClockState(
                RealTimeClockState.CURRENT_VERSION,
                index,
                registerA,
                registerB,
                flags,
                lineBlocked,
                basePs,
                secondsAtBase,
                settledSeconds,
                settledPeriods,
                heldSeconds,
                RealTimeClockState.listOf(memory));
    }

    public void restore(RealTimeClockState state) {
        index = state.index();
        registerA = state.registerA();
        registerB = state.registerB();
        flags = state.flags();
        lineBlocked = state.lineBlocked();
        basePs = state.basePs();
        secondsAtBase = state.secondsAtBase();
        settledSeconds = state.settledSeconds();
        settledPeriods = state.settledPeriods();
        heldSeconds = state.heldSeconds();
        for (int i = 0; i < cmos.length; i++) {
            cmos[i] = (byte) (int) state.memory().get(i);
        }
        calendar.restoreAlarms(cmos);
        update();
    }
}
