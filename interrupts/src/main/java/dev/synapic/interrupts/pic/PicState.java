// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

import java.util.List;

/** All state of the pair; sources has one bit per source id for each of the 16 lines. */
public record PicState(int version, Chip master, Chip slave, List<Long> sources, boolean output) {
    public static final int CURRENT_VERSION = 1;

    /** Throws IllegalArgumentException for another version or number of lines. */
    public PicState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "PIC state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        if (sources.size() != PicPair.PINS) {
            throw new IllegalArgumentException("a PIC pair has 16 lines, the state has " + sources.size());
        }
        sources = List.copyOf(sources);
    }

    /**
     * One 8259A. Sets of inputs are bit masks.
     *
     * @param expects what the data port takes next: 0 the mask, 1 to 3 ICW2 to ICW4
     * @param lowest the input with the lowest priority
     */
    public record Chip(
            int expects,
            boolean icw4Needed,
            boolean single,
            int base,
            int lines,
            int edges,
            int mask,
            int inService,
            int levelTriggered,
            int lowest,
            boolean autoEoi,
            boolean rotatesOnAutoEoi,
            boolean specialFullyNested,
            boolean specialMask,
            boolean readsInService,
            boolean polled) {
        /** Throws IllegalArgumentException for sets beyond 8 bits, and for expects and lowest out of range. */
        public Chip {
            if (((base | lines | edges | mask | inService | levelTriggered) & ~0xFF) != 0) {
                throw new IllegalArgumentException("sets of inputs and the base of an 8259A have 8 bits");
            }
            if (expects < 0 || expects > 3 || lowest < 0 || lowest > 7) {
                throw new IllegalArgumentException(
                        "an 8259A expects ICW 0 to 3 and has inputs 0 to 7, not " + expects + " and " + lowest);
            }
        }
    }
}
