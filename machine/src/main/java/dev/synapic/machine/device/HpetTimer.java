// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.PinLines;

/** One timer of an {@link Hpet}: its registers (IA-PC HPET 1.0a, 2.3.8 to 2.3.10) and its comparator. */
final class HpetTimer {
    private static final int CONFIGURATION = 0x00;
    private static final int COMPARATOR = 0x08;
    private static final int FSB_ROUTE = 0x10;

    private static final long LEVEL = 1 << 1;
    private static final long INTERRUPT_ENABLE = 1 << 2;
    private static final long PERIODIC = 1 << 3;
    private static final long PERIODIC_CAPABLE = 1 << 4;
    private static final long CAPABLE_OF_64_BITS = 1 << 5;
    private static final long VALUE_SET = 1 << 6;
    private static final long MODE_32_BITS = 1 << 8;
    private static final int ROUTE_SHIFT = 9;
    private static final long ROUTE = 0x1F << ROUTE_SHIFT;
    private static final long FSB_ENABLE = 1 << 14;
    private static final long FSB_CAPABLE = 1 << 15;
    private static final long WRITABLE =
            LEVEL | INTERRUPT_ENABLE | PERIODIC | VALUE_SET | MODE_32_BITS | ROUTE | FSB_ENABLE;
    /** Inputs 2 and 20 to 23 of the I/O APIC: what neither ISA nor PCI devices use. */
    private static final long ROUTES = 0x00F0_0004L << 32;

    private static final long CAPABILITIES = ROUTES | PERIODIC_CAPABLE | CAPABLE_OF_64_BITS | FSB_CAPABLE;
    private static final long LOW = 0xFFFF_FFFFL;

    private final PinLines lines;
    private long configuration;
    private long comparator = -1;
    private long period;
    private long fsbRoute;
    /** The line that it holds up, or -1. */
    private int driven = -1;

    HpetTimer(PinLines lines) {
        this.lines = lines;
    }

    PinLines lines() {
        return lines;
    }

    boolean interruptEnabled() {
        return (configuration & INTERRUPT_ENABLE) != 0;
    }

    boolean levelTriggered() {
        return (configuration & LEVEL) != 0;
    }

    boolean sendsMessages() {
        return (configuration & FSB_ENABLE) != 0;
    }

    long messageAddress() {
        return fsbRoute >>> 32;
    }

    int messageData() {
        return (int) fsbRoute;
    }

    int route() {
        return (int) ((configuration & ROUTE) >> ROUTE_SHIFT);
    }

    private long mask() {
        return (configuration & MODE_32_BITS) != 0 ? LOW : -1L;
    }

    /** Ticks until the counter is as the comparator, unsigned; a whole turn where it is so now. */
    long ticksToMatch(long counter) {
        long ticks = comparator - counter & mask();
        return ticks == 0 && mask() == LOW ? LOW + 1 : ticks == 0 ? mask() : ticks;
    }

    /** Takes a match, if that is what the counter has come to; the next one of a periodic timer follows. */
    boolean match(long counter) {
        long late = counter - comparator & mask();
        if (late > mask() >>> 1 || late < 0) {
            return false;
        }
        if ((configuration & PERIODIC) != 0 && period != 0) {
            long missed = Long.divideUnsigned(late, period);
            comparator = comparator + (missed + 1) * period & mask();
        }
        return true;
    }

    /** Holds up a line, or none, instead of the one before. */
    void drive(int line, boolean active) {
        int wanted = active ? line : -1;
        if (wanted == driven) {
            return;
        }
        if (driven >= 0) {
            lines.set(driven, false);
        }
        driven = wanted;
        if (wanted >= 0) {
            lines.set(wanted, true);
        }
    }

    long read(int offset) {
        return switch (offset) {
            case CONFIGURATION -> configuration | CAPABILITIES;
            case COMPARATOR -> comparator & mask();
            case FSB_ROUTE -> fsbRoute;
            default -> 0;
        };
    }

    void write(int offset, long mask, long value) {
        switch (offset) {
            case CONFIGURATION -> writeConfiguration(configuration & ~mask | value & mask);
            case COMPARATOR -> writeComparator(mask, value);
            case FSB_ROUTE -> fsbRoute = fsbRoute & ~mask | value & mask;
            default -> {
                // Nothing is there.
            }
        }
    }

    /** A route that the hardware does not have is not taken (2.3.8.2, Tn_INT_ROUTE_CNF). */
    private void writeConfiguration(long value) {
        long asked = value & WRITABLE;
        int route = (int) ((asked & ROUTE) >> ROUTE_SHIFT);
        boolean possible = (ROUTES >>> 32 + route & 1) != 0;
        configuration = possible ? asked : asked & ~ROUTE | configuration & ROUTE;
    }

    /**
     * In periodic mode a write is the period, and with VAL_SET the comparator as well, which clears that bit (2.3.9.2.2). A
     * 32-bit timer keeps the upper half zero.
     */
    private void writeComparator(long mask, long value) {
        if ((configuration & PERIODIC) != 0) {
            period = (period & ~mask | value & mask) & mask();
        }
        if ((configuration & PERIODIC) == 0 || (configuration & VALUE_SET) != 0) {
            comparator = (comparator & ~mask | value & mask) & mask();
            configuration &= ~VALUE_SET;
        }
    }

    /** The caller lets go of the line. */
    void reset() {
        configuration = 0;
        comparator = -1;
        period = 0;
        fsbRoute = 0;
    }

    HpetState.Timer save() {
        return new HpetState.Timer(configuration, comparator, period, fsbRoute);
    }

    void restore(HpetState.Timer state) {
        configuration = state.configuration();
        comparator = state.comparator();
        period = state.period();
        fsbRoute = state.fsbRoute();
    }
}
