// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import org.jspecify.annotations.Nullable;

/** A run of instructions that is entered at its first and left behind its last, at the latest. */
final class Block {
    /** Key of a block whose code has been overwritten: no lookup ever asks for it. */
    static final long DEAD = -1;
    /** Executions before a block is compiled. */
    static final int HOT = 200_000;

    /** Stands for a successor that is not known yet. */
    static final Block NONE = new Block(DEAD, new DecodedInstruction[0]);

    /**
     * Pool offset of the first byte and code size, see {@link CodeCache#key}; {@link #DEAD} once the code has changed.
     */
    long key;

    final DecodedInstruction[] instructions;
    /** Where control went from here last; just hints, checked by their keys. */
    Block successor;

    Block otherSuccessor;
    private int executions;

    /** Null until it pays, see {@link CodeCache#compile}. */
    volatile @Nullable CompiledBlock compiled;
    /** Next in the cache's bucket. */
    @Nullable
    Block nextInBucket;
    /** Next of the blocks on the same page. */
    @Nullable
    Block nextOnPage;

    Block(long key, DecodedInstruction[] instructions) {
        this.key = key;
        this.instructions = instructions;
        this.successor = NONE == null ? this : NONE;
        this.otherSuccessor = successor;
    }

    int byteLength() {
        return instructions[instructions.length - 1].endOffset();
    }

    /** It was interpreted once more: whether it shall be compiled now. Blocks that are compared with memory each time stay as they are. */
    boolean becomesHot() {
        return ++executions == HOT && key != DEAD;
    }
}
