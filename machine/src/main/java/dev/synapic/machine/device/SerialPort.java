// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.interrupts.routing.InterruptLine;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.VirtualTime;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A serial port as a PC has it: COM1, and COM2 where somebody listens.
 *
 * <ul>
 *   <li>Models: a 16550A: receiver FIFO with trigger levels, character timeout and overrun; interrupts of the receiver, the
 *       transmitter, line and modem status by priority; loopback; the divisor latch. DSR, CTS and DCD are always there.
 *   <li>Spec: National Semiconductor PC16550D data sheet.
 *   <li>Not modelled: the time that sending takes. A byte leaves at once, so the transmitter is always empty, a console that
 *       is polled costs no virtual time, and no byte waits in the transmitter's FIFO. Neither the PC's gate of the interrupt by
 *       OUT2 (as in QEMU: guests forget it), nor parity and framing errors, break, DMA modes.
 *   <li>Threading: the machine's thread; {@link #receive} too.
 * </ul>
 */
public final class SerialPort implements IoDevice {
    public static final int COM1 = 0x3F8;
    public static final int COM1_IRQ = 4;
    public static final int COM2 = 0x2F8;
    public static final int COM2_IRQ = 3;
    public static final int PORTS = 8;

    private static final int DATA = 0;
    private static final int IER = 1;
    private static final int IIR_FCR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;
    private static final int SCR = 7;

    private static final int IER_RECEIVED = 1;
    private static final int IER_TRANSMITTER_EMPTY = 1 << 1;
    private static final int IER_LINE_STATUS = 1 << 2;
    private static final int IER_MODEM_STATUS = 1 << 3;
    private static final int IER_BITS = 0x0F;

    private static final int IIR_NONE = 0x01;
    private static final int IIR_MODEM_STATUS = 0x00;
    private static final int IIR_TRANSMITTER_EMPTY = 0x02;
    private static final int IIR_RECEIVED = 0x04;
    private static final int IIR_LINE_STATUS = 0x06;
    private static final int IIR_TIMEOUT = 0x0C;
    private static final int IIR_FIFOS = 0xC0;

    private static final int FCR_ENABLE = 1;
    private static final int FCR_CLEAR_RECEIVER = 1 << 1;
    private static final int FCR_KEPT = 0xC9;

    private static final int LCR_DLAB = 0x80;
    private static final int MCR_LOOPBACK = 1 << 4;
    private static final int MCR_BITS = 0x1F;
    private static final int LSR_DATA_READY = 1;
    private static final int LSR_OVERRUN = 1 << 1;
    private static final int LSR_TRANSMITTER_EMPTY = 0x60;
    private static final int MSR_CTS = 1 << 4;
    private static final int MSR_DSR = 1 << 5;
    private static final int MSR_RING = 1 << 6;
    private static final int MSR_DCD = 1 << 7;
    private static final int MSR_TRAILING_RING = 1 << 2;

    private static final int FIFO_BYTES = 16;
    private static final int[] TRIGGER_LEVELS = {1, 4, 8, 14};
    private static final int PARITY = 1 << 3;
    private static final int TWO_STOP_BITS = 1 << 2;
    private static final long CLOCK_HZ = 1_843_200;
    private static final long PS_PER_SECOND = 1_000_000_000_000L;
    private static final int TIMEOUT_CHARACTERS = 4;
    /** A console that sends looks once or twice for each byte. */
    private static final int POLLING_LOOKS = 16;
    /** From the interrupt's being enabled to a driver's being ready: 10 ms. */
    private static final long LISTENING_PS = 10_000_000_000L;

    private final DeviceClock clock;
    private final InterruptLine line;
    private final IntConsumer output;
    private final DeviceTimer timeout;
    private final ArrayDeque<Integer> received = new ArrayDeque<>();

    private int ier;
    private int fcr;
    private int lcr;
    private int mcr;
    private int scr;
    private int divisor;
    private int overrun;
    private int modemLines;
    private int modemDeltas;
    private boolean transmitterInterrupt;
    private boolean timedOut;
    private long timeoutPs;
    private boolean asserted;
    /** How often LSR was read since a byte was sent; of no effect on the guest. */
    private int looks;
    /** When the interrupt for what arrives was enabled; as little. */
    private long wantedSincePs;

    /** output receives each byte that the guest sends, 0 to 255. */
    public SerialPort(DeviceClock clock, InterruptLine line, IntConsumer output) {
        this.clock = clock;
        this.line = line;
        this.output = output;
        this.timeout = clock.timer(this::characterTimeout);
        reset();
    }

    @Override
    public int widestAccess() {
        return 1;
    }

    // ---- the wire

    /** A byte arrives. One that finds no room is lost, and the guest can see that from LSR.OE. */
    public void receive(int value) {
        if ((mcr & MCR_LOOPBACK) == 0) {
            arrive(value & 0xFF);
        }
    }

    /** How many bytes can arrive before one is lost; a source that can wait asks before it sends. */
    public int room() {
        return (mcr & MCR_LOOPBACK) != 0 ? 0 : capacity() - received.size();
    }

    /**
     * Whether the guest is known to read what arrives: it has wanted an interrupt for it for a while, or looks at LSR again and again without
     * having sent anything. A driver that only tries out what is there, and then throws away what has come, does neither.
     */
    public boolean isListenedTo() {
        boolean interrupts = (ier & IER_RECEIVED) != 0 && clock.nowPs() - wantedSincePs >= LISTENING_PS;
        return interrupts || looks >= POLLING_LOOKS;
    }

    private void arrive(int value) {
        if (received.size() < capacity()) {
            received.add(value);
        } else {
            overrun = LSR_OVERRUN;
            if (!fifosEnabled()) {
                received.clear();
                received.add(value);
            }
        }
        restartTimeout();
        update();
    }

    private int capacity() {
        return fifosEnabled() ? FIFO_BYTES : 1;
    }

    private boolean fifosEnabled() {
        return (fcr & FCR_ENABLE) != 0;
    }

    /** Four characters' time without one arriving or being read, while some wait (data sheet, "FIFO interrupt mode"). */
    private void restartTimeout() {
        timedOut = false;
        timeoutPs = VirtualTime.NEVER;
        if (fifosEnabled() && !received.isEmpty()) {
            timeoutPs = clock.nowPs() + TIMEOUT_CHARACTERS * characterPs();
        }
        timeout.set(timeoutPs);
    }

    private long characterPs() {
        int bits = 1 + 5 + (lcr & 3) + ((lcr & PARITY) != 0 ? 1 : 0) + ((lcr & TWO_STOP_BITS) != 0 ? 2 : 1);
        long clocks = 16L * Math.max(divisor, 1);
        return bits * clocks * (PS_PER_SECOND / CLOCK_HZ);
    }

    private void characterTimeout() {
        timeoutPs = VirtualTime.NEVER;
        timedOut = !received.isEmpty();
        update();
    }

    // ---- registers

    @Override
    public int in(int offset, int size) {
        return switch (offset) {
            case DATA -> divisorLatch() ? divisor & 0xFF : readData();
            case IER -> divisorLatch() ? divisor >> 8 : ier;
            case IIR_FCR -> readInterruptIdentification();
            case LCR -> lcr;
            case MCR -> mcr;
            case LSR -> readLineStatus();
            case MSR -> readModemStatus();
            default -> scr;
        };
    }

    @Override
    public void out(int offset, int size, int value) {
        switch (offset) {
            case DATA -> {
                if (divisorLatch()) {
                    divisor = divisor & 0xFF00 | value;
                } else {
                    send(value);
                }
            }
            case IER -> {
                if (divisorLatch()) {
                    divisor = divisor & 0xFF | value << 8;
                } else {
                    writeInterruptEnable(value);
                }
            }
            case IIR_FCR -> writeFifoControl(value);
            case LCR -> lcr = value;
            case MCR -> writeModemControl(value);
            case SCR -> scr = value;
            default -> {
                // LSR and MSR are read-only but for factory tests.
            }
        }
    }

    private boolean divisorLatch() {
        return (lcr & LCR_DLAB) != 0;
    }

    private int readData() {
        Integer first = received.poll();
        restartTimeout();
        update();
        return first == null ? 0 : first;
    }

    private void send(int value) {
        looks = 0;
        transmitterInterrupt = false;
        if ((mcr & MCR_LOOPBACK) != 0) {
            arrive(value);
        } else {
            output.accept(value);
        }
        transmitterInterrupt = true;
        update();
    }

    /** Enabling the transmitter's interrupt while it is empty, which it always is, brings one at once. */
    private void writeInterruptEnable(int value) {
        boolean newly = (value & ~ier & IER_TRANSMITTER_EMPTY) != 0;
        if ((value & ~ier & IER_RECEIVED) != 0) {
            wantedSincePs = clock.nowPs();
        }
        ier = value & IER_BITS;
        transmitterInterrupt |= newly;
        update();
    }

    /** Reading takes away the transmitter's interrupt where that is what it tells (data sheet, table IV). */
    private int readInterruptIdentification() {
        int source = source();
        if (source == IIR_TRANSMITTER_EMPTY) {
            transmitterInterrupt = false;
            update();
        }
        return source | (fifosEnabled() ? IIR_FIFOS : 0);
    }

    private void writeFifoControl(int value) {
        boolean switched = ((value ^ fcr) & FCR_ENABLE) != 0;
        boolean enabled = (value & FCR_ENABLE) != 0;
        if (switched || enabled && (value & FCR_CLEAR_RECEIVER) != 0) {
            received.clear();
        }
        fcr = enabled ? value & FCR_KEPT : 0;
        restartTimeout();
        update();
    }

    private int readLineStatus() {
        looks = Math.min(looks + 1, POLLING_LOOKS);
        int value = LSR_TRANSMITTER_EMPTY | overrun | (received.isEmpty() ? 0 : LSR_DATA_READY);
        overrun = 0;
        update();
        return value;
    }

    private int readModemStatus() {
        int value = modemLines | modemDeltas;
        modemDeltas = 0;
        update();
        return value;
    }

    private void writeModemControl(int value) {
        mcr = value & MCR_BITS;
        int lines = (mcr & MCR_LOOPBACK) != 0 ? loopedLines() : MSR_CTS | MSR_DSR | MSR_DCD;
        int changed = lines ^ modemLines;
        // The ring indicator's delta tells its end only.
        int deltas = changed >> 4 & ~MSR_TRAILING_RING;
        boolean ringEnded = (changed & ~lines & MSR_RING) != 0;
        modemDeltas |= deltas | (ringEnded ? MSR_TRAILING_RING : 0);
        modemLines = lines;
        update();
    }

    /** In loopback DTR, RTS, OUT1 and OUT2 come back as DSR, CTS, RI and DCD. */
    private int loopedLines() {
        return (mcr & 1) << 5 | (mcr & 2) << 3 | (mcr & 4) << 4 | (mcr & 8) << 4;
    }

    // ---- interrupts

    /** The pending interrupt of the highest priority. */
    private int source() {
        if ((ier & IER_LINE_STATUS) != 0 && overrun != 0) {
            return IIR_LINE_STATUS;
        }
        if ((ier & IER_RECEIVED) != 0 && received.size() >= triggerLevel()) {
            return IIR_RECEIVED;
        }
        if ((ier & IER_RECEIVED) != 0 && timedOut) {
            return IIR_TIMEOUT;
        }
        if ((ier & IER_TRANSMITTER_EMPTY) != 0 && transmitterInterrupt) {
            return IIR_TRANSMITTER_EMPTY;
        }
        return (ier & IER_MODEM_STATUS) != 0 && modemDeltas != 0 ? IIR_MODEM_STATUS : IIR_NONE;
    }

    private int triggerLevel() {
        return fifosEnabled() ? TRIGGER_LEVELS[fcr >> 6] : 1;
    }

    private void update() {
        boolean now = source() != IIR_NONE;
        if (now != asserted) {
            asserted = now;
            line.set(now);
        }
    }

    // ---- state

    /** As at power-on. */
    public void reset() {
        ier = 0;
        fcr = 0;
        lcr = 0;
        mcr = 0;
        scr = 0;
        divisor = 1;
        overrun = 0;
        modemLines = MSR_CTS | MSR_DSR | MSR_DCD;
        modemDeltas = 0;
        transmitterInterrupt = false;
        looks = 0;
        received.clear();
        restartTimeout();
        update();
    }

    public SerialPortState save() {
        return new SerialPortState(
                SerialPortState.CURRENT_VERSION,
                ier,
                fcr,
                lcr,
                mcr,
                scr,
                divisor,
                overrun,
                modemLines,
                modemDeltas,
                transmitterInterrupt,
                timedOut,
                timeoutPs,
                List.copyOf(received));
    }

    public void restore(SerialPortState state) {
        ier = state.ier();
        fcr = state.fcr();
        lcr = state.lcr();
        mcr = state.mcr();
        scr = state.scr();
        divisor = state.divisor();
        overrun = state.overrun();
        modemLines = state.modemLines();
        modemDeltas = state.modemDeltas();
        transmitterInterrupt = state.transmitterInterrupt();
        timedOut = state.timedOut();
        timeoutPs = state.timeoutPs();
        received.clear();
        received.addAll(state.received());
        timeout.set(timeoutPs);
        update();
    }
}
