// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

import dev.synapic.spec.x86.Pic;

/**
 * One 8259A.
 *
 * <p>Models: ICW1 to ICW4, OCW1 to OCW3, fully nested and special fully nested mode, rotation, automatic end of
 * interrupt, special mask mode, poll mode, edge and level inputs chosen one by one (ELCR). Spec: 8259A data sheet. Not
 * modelled: MCS-80/85 vectors, buffered mode, ICW1's level bit (ELCR took its place in PCs). An edge stays requested
 * until it is taken, even if its input falls before; the data sheet would make it a spurious interrupt, and a device that
 * pulses its line would lose it. Threading: under the lock of its {@link PicPair}.
 *
 * <p>Sets of inputs are bit masks. Methods that end interrupts return the inputs whose interrupts are over.
 */
final class Pic8259 {
    static final int NONE = -1;
    /** What a request that went away between INT and INTA becomes. */
    static final int SPURIOUS = 7;

    static final int CASCADE = 2;

    /** What the next byte at the data port is. */
    private enum Expects {
        MASK,
        ICW2,
        ICW3,
        ICW4
    }

    private final int levelWritable;

    private Expects expects = Expects.MASK;
    private boolean icw4Needed;
    private boolean single;
    private int base;
    /** The levels of the inputs. */
    private int lines;
    /** Edges that came and were not taken. */
    private int edges;

    private int mask;
    private int inService;
    private int levelTriggered;
    /** The input with the lowest priority. */
    private int lowest = 7;

    private boolean autoEoi;
    private boolean rotatesOnAutoEoi;
    private boolean specialFullyNested;
    private boolean specialMask;
    private boolean readsInService;
    private boolean polled;

    /** levelWritable: inputs that may be level-triggered. */
    Pic8259(int levelWritable) {
        this.levelWritable = levelWritable;
    }

    // ---- inputs -------------------------------------------------------------------------------------------------

    /** An input rises or falls. Returns whether that makes a request that was not there. */
    boolean setLine(int input, boolean high) {
        int bit = 1 << input;
        int before = requests();
        if (high && (lines & bit) == 0) {
            edges |= bit;
        }
        lines = high ? lines | bit : lines & ~bit;
        edges &= ~levelTriggered;
        return (requests() & ~before & bit) != 0;
    }

    /** The slave has an interrupt: an edge, as long as it has one. */
    void cascade() {
        edges |= 1 << CASCADE;
    }

    void withdrawCascade() {
        edges &= ~(1 << CASCADE);
    }

    /** IRR. */
    int requests() {
        return edges | lines & levelTriggered;
    }

    int mask() {
        return mask;
    }

    boolean single() {
        return single;
    }

    int vector(int input) {
        return base + input;
    }

    // ---- priorities ---------------------------------------------------------------------------------------------

    /** The input whose interrupt the processor should take, or NONE. */
    int pending() {
        int request = highest(requests() & ~mask);
        // In special mask mode an input in service holds back others only while it is not masked itself.
        int service = highest(specialMask ? inService & ~mask : inService);
        if (request == NONE || service == NONE || rank(request) < rank(service)) {
            return request;
        }
        // Special fully nested: a more urgent input of the slave comes through its own cascade.
        return specialFullyNested && request == CASCADE && service == CASCADE ? request : NONE;
    }

    private int rank(int input) {
        return input - lowest - 1 & 7;
    }

    private int highest(int inputs) {
        for (int i = 1; i <= 8; i++) {
            int input = lowest + i & 7;
            if ((inputs & 1 << input) != 0) {
                return input;
            }
        }
        return NONE;
    }

    /** INTA, or a poll that found something. */
    int acknowledge(int input) {
        int bit = 1 << input;
        edges &= ~bit;
        if (!autoEoi) {
            inService |= bit;
            return 0;
        }
        if (rotatesOnAutoEoi) {
            lowest = input;
        }
        return bit;
    }

    // ---- command port -------------------------------------------------------------------------------------------

    int writeCommand(int value) {
        if ((value & Pic.ICW1) != 0) {
            return initialize(value);
        }
        if ((value & Pic.OCW3) != 0) {
            control(value);
            return 0;
        }
        return endOrRotate(value >> 5, value & 7);
    }

    /** ICW1. What was requested or in service is over; an input that is up must fall before it makes an edge again. */
    private int initialize(int icw1) {
        int lost = edges | inService;
        edges = 0;
        inService = 0;
        mask = 0;
        lowest = 7;
        specialMask = false;
        readsInService = false;
        polled = false;
        icw4Needed = (icw1 & Pic.ICW1_ICW4_NEEDED) != 0;
        single = (icw1 & Pic.ICW1_SINGLE) != 0;
        if (!icw4Needed) {
            writeIcw4(0);
        }
        rotatesOnAutoEoi = false;
        expects = Expects.ICW2;
        return lost;
    }

    private void control(int ocw3) {
        if ((ocw3 & Pic.OCW3_POLL) != 0) {
            polled = true;
        } else if ((ocw3 & Pic.OCW3_READ_REGISTER) != 0) {
            readsInService = (ocw3 & Pic.OCW3_READ_ISR) != 0;
        }
        if ((ocw3 & Pic.OCW3_CHANGE_SPECIAL_MASK) != 0) {
            specialMask = (ocw3 & Pic.OCW3_SPECIAL_MASK) != 0;
        }
    }

    /** OCW2; code is R, SL, EOI. */
    private int endOrRotate(int code, int input) {
        switch (code) {
            case 0b000 -> rotatesOnAutoEoi = false;
            case 0b100 -> rotatesOnAutoEoi = true;
            case 0b110 -> lowest = input;
            case 0b001, 0b101 -> {
                // An input masked in special mask mode is left alone by an EOI that does not name it.
                return end(highest(specialMask ? inService & ~mask : inService), code == 0b101);
            }
            case 0b011, 0b111 -> {
                return end(input, code == 0b111);
            }
            default -> {
                // 010 does nothing.
            }
        }
        return 0;
    }

    private int end(int input, boolean rotate) {
        if (input == NONE) {
            return 0;
        }
        int ended = inService & 1 << input;
        inService &= ~ended;
        if (rotate) {
            lowest = input;
        }
        return ended;
    }

    /** Whether the next read is a poll. */
    boolean polled() {
        return polled;
    }

    void pollDone() {
        polled = false;
    }

    int readCommand() {
        return readsInService ? inService : requests();
    }

    // ---- data port ----------------------------------------------------------------------------------------------

    void writeData(int value) {
        switch (expects) {
            case MASK -> mask = value;
            case ICW2 -> {
                base = value & Pic.ICW2_BASE;
                expects = single ? afterIcw3() : Expects.ICW3;
            }
            case ICW3 -> expects = afterIcw3();
            case ICW4 -> {
                writeIcw4(value);
                expects = Expects.MASK;
            }
        }
    }

    private Expects afterIcw3() {
        return icw4Needed ? Expects.ICW4 : Expects.MASK;
    }

    private void writeIcw4(int value) {
        autoEoi = (value & Pic.ICW4_AUTO_EOI) != 0;
        specialFullyNested = (value & Pic.ICW4_SPECIAL_FULLY_NESTED) != 0;
    }

    // ---- ELCR ---------------------------------------------------------------------------------------------------

    int levelTriggered() {
        return levelTriggered;
    }

    void setLevelTriggered(int inputs) {
        levelTriggered = inputs & levelWritable;
        edges &= ~levelTriggered;
    }

    // ---- state --------------------------------------------------------------------------------------------------

    /** Power-on; the lines are the devices'. */
    void reset() {
        initialize(0);
        expects = Expects.MASK;
        base = 0;
        levelTriggered = 0;
    }

    PicState.Chip save() {
        return new PicState.Chip(
                expects.ordinal(),
                icw4Needed,
                single,
                base,
                lines,
                edges,
                mask,
                inService,
                levelTriggered,
                lowest,
                autoEoi,
                rotatesOnAutoEoi,
                specialFullyNested,
                specialMask,
                readsInService,
                polled);
    }

    void restore(PicState.Chip state) {
        expects = Expects.values()[state.expects()];
        icw4Needed = state.icw4Needed();
        single = state.single();
        base = state.base();
        lines = state.lines();
        edges = state.edges();
        mask = state.mask();
        inService = state.inService();
        levelTriggered = state.levelTriggered();
        lowest = state.lowest();
        autoEoi = state.autoEoi();
        rotatesOnAutoEoi = state.rotatesOnAutoEoi();
        specialFullyNested = state.specialFullyNested();
        specialMask = state.specialMask();
        readsInService = state.readsInService();
        polled = state.polled();
    }
}
