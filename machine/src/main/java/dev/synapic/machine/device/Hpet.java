// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.machine.bus.MmioDevice;
import dev.synapic.machine.bus.PinLines;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The high precision event timers.
 *
 * <ul>
 *   <li>Models: a 64-bit counter of 100 MHz and three timers: one-shot and periodic, 32 and 64 bits, edge and level, I/O APIC
 *       inputs 2 and 20 to 23, messages (FSB), legacy replacement of the 8254 and the real-time clock.
 *   <li>Spec: IA-PC HPET Specification 1.0a.
 *   <li>Not modelled: writes narrower than 32 bits (ignored), the power states.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class Hpet implements MmioDevice {
    public static final long ADDRESS = 0xFED0_0000L;
    public static final int LENGTH = 0x400;
    /** What the ACPI table repeats of the capabilities: revision 1, three timers, 64 bits, legacy replacement, Intel. */
    public static final int BLOCK_ID = 0x8086_A201;

    public static final int TIMERS = 3;
    static final long TICK_PS = 10_000;

    private static final long PERIOD_FS = TICK_PS * 1000;

    private static final int CAPABILITIES = 0x000;
    private static final int CONFIGURATION = 0x010;
    private static final int STATUS = 0x020;
    private static final int COUNTER = 0x0F0;
    private static final int FIRST_TIMER = 0x100;
    private static final int TIMER_BYTES = 0x20;

    private static final int ENABLE = 1;
    private static final int LEGACY_REPLACEMENT = 1 << 1;

    /** The 8254's interrupt, as an input of the I/O APIC behind GSI 0, and the real-time clock's. */
    private static final int LEGACY_LINE_0 = 0;

    private static final int LEGACY_LINE_1 = 8;

    private final DeviceClock clock;
    private final MsiPort messages;
    private final Consumer<Boolean> legacyReplacement;
    private final List<HpetTimer> timers = new ArrayList<>();
    private final List<DeviceTimer> alarms = new ArrayList<>();

    private long configuration;
    private long status;
    /** The counter while it stands still; what it read at startPs while it runs. */
    private long count;

    private long startPs;

    /**
     * lines has one source of GSIs for each timer; legacyReplacement hears whether the 8254 and the real-time clock have lost
     * their interrupts to timers 0 and 1.
     */
    public Hpet(DeviceClock clock, List<PinLines> lines, MsiPort messages, Consumer<Boolean> legacyReplacement) {
        if (lines.size() != TIMERS) {
            throw new IllegalArgumentException("an HPET has %d timers, not %d".formatted(TIMERS, lines.size()));
        }
        this.clock = clock;
        this.messages = messages;
        this.legacyReplacement = legacyReplacement;
        for (int i = 0; i < TIMERS; i++) {
            timers.add(new HpetTimer(lines.get(i)));
            int number = i;
            alarms.add(clock.timer(() -> expire(number)));
        }
    }

    // ---- time

    private boolean running() {
        return (configuration & ENABLE) != 0;
    }

    private long counter() {
        return running() ? count + (clock.nowPs() - startPs) / TICK_PS : count;
    }

    /** When the counter will have gone on by so many ticks (unsigned). */
    private long psAfter(long counterNow, long ticks) {
        if (ticks < 0 || ticks > (VirtualTime.NEVER - startPs) / TICK_PS - (counterNow - count) - 1) {
            return VirtualTime.NEVER;
        }
        return startPs + (counterNow - count + ticks) * TICK_PS;
    }

    private void arm(int number) {
        if (!running()) {
            alarms.get(number).set(VirtualTime.NEVER);
            return;
        }
        long now = counter();
        alarms.get(number).set(psAfter(now, timers.get(number).ticksToMatch(now)));
    }

    private void armAll() {
        for (int i = 0; i < TIMERS; i++) {
            arm(i);
        }
    }

    private void expire(int number) {
        if (!running()) {
            return;
        }
        HpetTimer timer = timers.get(number);
        if (timer.match(counter())) {
            interrupt(number, timer);
        }
        arm(number);
    }

    // ---- interrupts

    private void interrupt(int number, HpetTimer timer) {
        if (!timer.interruptEnabled()) {
            return;
        }
        if (timer.levelTriggered()) {
            status |= 1L << number;
            update(number);
        } else if (timer.sendsMessages() && !legacy(number)) {
            messages.sendMsi(timer.messageAddress(), timer.messageData());
        } else {
            timer.lines().pulse(line(number));
        }
    }

    private boolean legacy(int number) {
        return (configuration & LEGACY_REPLACEMENT) != 0 && number < 2;
    }

    private int line(int number) {
        if (legacy(number)) {
            return number == 0 ? LEGACY_LINE_0 : LEGACY_LINE_1;
        }
        return timers.get(number).route();
    }

    /** Drives a level-triggered timer's line as its status says; the line may be another one than before. */
    private void update(int number) {
        HpetTimer timer = timers.get(number);
        boolean active = (status >> number & 1) != 0 && timer.interruptEnabled() && timer.levelTriggered() && running();
        timer.drive(line(number), active);
    }

    private void updateAll() {
        for (int i = 0; i < TIMERS; i++) {
            update(i);
        }
    }

    // ---- registers

    @Override
    public long read(long offset, int size) {
        long register = register((int) offset & ~7);
        return register >>> ((int) offset & 7) * 8;
    }

    private long register(int offset) {
        return switch (offset) {
            case CAPABILITIES -> PERIOD_FS << 32 | BLOCK_ID & 0xFFFF_FFFFL;
            case CONFIGURATION -> configuration;
            case STATUS -> status;
            case COUNTER -> counter();
            default -> {
                int number = (offset - FIRST_TIMER) / TIMER_BYTES;
                yield offset >= FIRST_TIMER && number < TIMERS
                        ? timers.get(number).read(offset % TIMER_BYTES)
                        : 0;
            }
        };
    }

    @Override
    public void write(long offset, int size, long value) {
        int at = (int) offset;
        if (size < 4 || at % size != 0) {
            return;
        }
        int shift = (at & 4) * 8;
        long mask = size == 8 ? -1L : 0xFFFF_FFFFL << shift;
        write(at & ~7, mask, value << shift);
    }

    private void write(int offset, long mask, long value) {
        switch (offset) {
            case CONFIGURATION -> writeConfiguration((configuration & ~mask | value & mask) & 3);
            case STATUS -> {
                status &= ~(value & mask);
                updateAll();
            }
            case COUNTER -> {
                count = counter() & ~mask | value & mask;
                startPs = clock.nowPs();
                armAll();
            }
            default -> {
                int number = (offset - FIRST_TIMER) / TIMER_BYTES;
                if (offset >= FIRST_TIMER && number < TIMERS) {
                    timers.get(number).write(offset % TIMER_BYTES, mask, value);
                    arm(number);
                    update(number);
                }
            }
        }
    }

    private void writeConfiguration(long value) {
        long changed = value ^ configuration;
        count = counter();
        startPs = clock.nowPs();
        configuration = value;
        if ((changed & LEGACY_REPLACEMENT) != 0) {
            legacyReplacement.accept((value & LEGACY_REPLACEMENT) != 0);
        }
        armAll();
        updateAll();
    }

    // ---- state

    public void reset() {
        writeConfiguration(0);
        count = 0;
        status = 0;
        timers.forEach(HpetTimer::reset);
        armAll();
        updateAll();
    }

    public HpetState save() {
        return new HpetState(
                HpetState.CURRENT_VERSION,
                configuration,
                status,
                count,
                startPs,
                timers.stream().map(HpetTimer::save).toList());
    }

    public void restore(HpetState state) {
        boolean replaces = (state.configuration() & LEGACY_REPLACEMENT) != 0;
        if (replaces != ((configuration & LEGACY_REPLACEMENT) != 0)) {
            legacyReplacement.accept(replaces);
        }
        configuration = state.configuration();
        status = state.status();
        count = state.count();
        startPs = state.startPs();
        for (int i = 0; i < TIMERS; i++) {
            timers.get(i).restore(state.timers().get(i));
        }
        armAll();
        updateAll();
    }
}
