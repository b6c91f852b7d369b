// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

import dev.synapic.spec.x86.Pic;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The two 8259A of a PC, the slave at input 2 of the master, and the edge/level control registers.
 *
 * <ul>
 *   <li>Models: {@link Pic8259} twice, the cascade, spurious interrupts, ELCR, several sources per line.
 *   <li>Spec: 8259A data sheet; ICH data sheets for ELCR; docs, semantics-chips.
 *   <li>Not modelled: another cascade than at input 2; a slave's request that goes away stays an edge at the master and
 *       ends as the slave's spurious interrupt.
 *   <li>Threading: any thread. A lock guards the state; {@link PicPins} is called without it.
 * </ul>
 */
public final class PicPair {
    public static final int PINS = 16;
    /** The line is masked; an edge waits for the unmasking all the same. */
    public static final int IGNORED = -1;
    /** The request is there already; also: the line was lowered. */
    public static final int COALESCED = 0;

    private static final int POLL_FOUND = 0x80;

    private final IntrPort intr;
    private final PicPins pins;
    private final PicListener listener;
    private final Object lock = new Object();
    private final Pic8259 master = new Pic8259(Pic.ELCR1_WRITABLE);
    private final Pic8259 slave = new Pic8259(Pic.ELCR2_WRITABLE);
    private final long[] sources = new long[PINS];
    private volatile boolean output;

    /** intr is where INT of the master goes, pins hears of ends and masks, listener watches. */
    public PicPair(IntrPort intr, PicPins pins, PicListener listener) {
        this.intr = intr;
        this.pins = pins;
        this.listener = listener;
    }

    // ---- the devices' side --------------------------------------------------------------------------------------

    /**
     * A source sets its level of a line, which is asserted while any source asserts it. Line 2 is the cascade and nobody's.
     *
     * @param sourceId 0 to 63
     * @return 1 where that made a request, {@link #COALESCED} or {@link #IGNORED}
     */
    public int set(int pin, boolean level, int sourceId) {
        if (pin == Pic8259.CASCADE) {
            return IGNORED;
        }
        synchronized (lock) {
            long bit = 1L << sourceId;
            sources[pin] = level ? sources[pin] | bit : sources[pin] & ~bit;
            Pic8259 chip = chip(pin);
            boolean asserted = sources[pin] != 0;
            boolean requested = chip.setLine(pin & 7, asserted);
            boolean masked = (chip.mask() & 1 << (pin & 7)) != 0;
            int result = asserted && masked ? IGNORED : requested ? 1 : COALESCED;
            update();
            listener.lineSet(pin, chip.levelTriggered(), chip.mask(), result);
            return result;
        }
    }

    private Pic8259 chip(int pin) {
        return pin < 8 ? master : slave;
    }

    private void update() {
        if (slave.pending() != Pic8259.NONE && !master.single()) {
            master.cascade();
        }
        boolean asserted = master.pending() != Pic8259.NONE;
        if (asserted != output) {
            output = asserted;
            intr.set(asserted);
        }
    }

    // ---- the processor's side -----------------------------------------------------------------------------------

    /** INT: whether the processor should {@link #acknowledge}. */
    public boolean output() {
        return output;
    }

    /** INTA: the vector that the processor takes. Where the request went away, a spurious one. */
    public int acknowledge() {
        int vector;
        int ended = 0;
        boolean spurious;
        synchronized (lock) {
            int input = master.pending();
            spurious = input == Pic8259.NONE;
            if (spurious) {
                vector = master.vector(Pic8259.SPURIOUS);
            } else {
                ended = master.acknowledge(input);
                vector = master.vector(input);
                if (input == Pic8259.CASCADE && !master.single()) {
                    int second = slave.pending();
                    spurious = second == Pic8259.NONE;
                    vector = slave.vector(spurious ? Pic8259.SPURIOUS : second);
                    ended |= spurious ? 0 : slave.acknowledge(second) << 8;
                }
            }
            update();
            listener.acknowledged(vector, spurious);
        }
        tell(ended, 0, 0);
        return vector;
    }

    // ---- the guest's side ---------------------------------------------------------------------------------------

    /** Whether the port is one of the pair's. */
    public static boolean hasPort(int port) {
        return switch (port) {
            case Pic.MASTER_COMMAND, Pic.MASTER_DATA, Pic.SLAVE_COMMAND, Pic.SLAVE_DATA, Pic.ELCR1, Pic.ELCR2 -> true;
            default -> false;
        };
    }

    /** A byte from a port; all ones where it is not the pair's. */
    public int in(int port) {
        return switch (port) {
            case Pic.MASTER_COMMAND, Pic.MASTER_DATA -> read(master, port == Pic.MASTER_DATA, 0);
            case Pic.SLAVE_COMMAND, Pic.SLAVE_DATA -> read(slave, port == Pic.SLAVE_DATA, 8);
            case Pic.ELCR1 -> levelTriggered(master);
            case Pic.ELCR2 -> levelTriggered(slave);
            default -> 0xFF;
        };
    }

    private int read(Pic8259 chip, boolean data, int firstPin) {
        int value;
        int ended = 0;
        synchronized (lock) {
            if (!chip.polled()) {
                return data ? chip.mask() : chip.readCommand();
            }
            chip.pollDone();
            int input = chip.pending();
            if (input == Pic8259.NONE) {
                return 0;
            }
            value = POLL_FOUND | input;
            ended = chip.acknowledge(input) << firstPin;
            if (chip == slave) {
                // The slave's INT falls, and with it the request at the master.
                master.withdrawCascade();
            }
            update();
        }
        tell(ended, 0, 0);
        return value;
    }

    private int levelTriggered(Pic8259 chip) {
        synchronized (lock) {
            return chip.levelTriggered();
        }
    }

    /** A byte to a port. */
    public void out(int port, int value) {
        int bits = value & 0xFF;
        switch (port) {
            case Pic.MASTER_COMMAND -> writeCommand(master, bits);
            case Pic.MASTER_DATA -> writeData(master, bits);
            case Pic.SLAVE_COMMAND -> writeCommand(slave, bits);
            case Pic.SLAVE_DATA -> writeData(slave, bits);
            case Pic.ELCR1 -> writeLevelTriggered(master, bits);
            case Pic.ELCR2 -> writeLevelTriggered(slave, bits);
            default -> {
                // Somebody else's.
            }
        }
    }

    private void writeCommand(Pic8259 chip, int value) {
        int ended;
        int before;
        int after;
        synchronized (lock) {
            before = masks();
            ended = chip.writeCommand(value) << (chip == slave ? 8 : 0);
            after = masks();
            update();
        }
        tell(ended, before ^ after, after);
    }

    private void writeData(Pic8259 chip, int value) {
        int before;
        int after;
        synchronized (lock) {
            before = masks();
            chip.writeData(value);
            after = masks();
            update();
        }
        tell(0, before ^ after, after);
    }

    private void writeLevelTriggered(Pic8259 chip, int value) {
        synchronized (lock) {
            chip.setLevelTriggered(value);
            update();
        }
    }

    private int masks() {
        return master.mask() | slave.mask() << 8;
    }

    /** Tells what happened, after it happened and without the lock: who hears it may set lines. */
    private void tell(int ended, int maskChanges, int masks) {
        for (int rest = ended & ~(1 << Pic8259.CASCADE); rest != 0; rest &= rest - 1) {
            pins.acknowledged(Integer.numberOfTrailingZeros(rest));
        }
        for (int rest = maskChanges; rest != 0; rest &= rest - 1) {
            int pin = Integer.numberOfTrailingZeros(rest);
            pins.masked(pin, (masks & 1 << pin) != 0);
        }
    }

    // ---- state --------------------------------------------------------------------------------------------------

    /** Power-on. Lines are the devices' and stay as they are. */
    public void reset() {
        synchronized (lock) {
            master.reset();
            slave.reset();
            update();
        }
    }

    /** All state, with INT and the levels of all sources. */
    public PicState save() {
        synchronized (lock) {
            List<Long> lines = new ArrayList<>(PINS);
            Arrays.stream(sources).forEach(lines::add);
            return new PicState(PicState.CURRENT_VERSION, master.save(), slave.save(), lines, output);
        }
    }

    /** Takes all over; INT is told if it changes by that. */
    public void restore(PicState state) {
        synchronized (lock) {
            master.restore(state.master());
            slave.restore(state.slave());
            for (int pin = 0; pin < PINS; pin++) {
                sources[pin] = state.sources().get(pin);
            }
            if (output != state.output()) {
                output = state.output();
                intr.set(output);
            }
        }
    }
}
