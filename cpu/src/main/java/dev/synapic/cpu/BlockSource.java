// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.cpu.decode.Decoder;
import dev.synapic.cpu.execute.InstructionSet;
import dev.synapic.cpu.execute.ProcessorFeatures;
import dev.synapic.cpu.mmu.LinearMemory;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.guestmem.MemoryPool;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds or makes the block that starts at an address. An instruction across two pages makes a block of its own, which
 * is kept here and compared with memory each time, for its second page may be mapped anew; so does code outside RAM.
 */
final class BlockSource {
    static final int MOST_INSTRUCTIONS = 48;
    private static final int LONGEST_INSTRUCTION = 15;
    private static final int STRADDLERS = 256;
    private static final CodeSize[] SIZES = CodeSize.values();

    /** A one-instruction block that no page owns, with the bytes it was made from. */
    private record Straddler(long linear, int codeSize, byte[] bytes, Block block) {}

    private static final Straddler NOBODY = new Straddler(1, -1, new byte[0], Block.NONE);

    private final CodeCache code;
    private final LinearMemory memory;
    private final Supplier<ProcessorFeatures> features;
    private @Nullable Decoder decoder;
    private final Straddler[] straddlers = new Straddler[STRADDLERS];
    private final byte[] window = new byte[LONGEST_INSTRUCTION];
    private final byte[] bytes = new byte[MOST_INSTRUCTIONS * LONGEST_INSTRUCTION];

    BlockSource(CodeCache code, LinearMemory memory, Supplier<ProcessorFeatures> features) {
        this.code = code;
        this.memory = memory;
        this.features = features;
        Arrays.fill(straddlers, NOBODY);
    }

    /** May fault on the fetch. */
    Block find(Block previous, long linear, int codeSize) {
        long offset = memory.executeOffset(linear);
        if (offset < 0) {
            memory.translateCode(linear);
            offset = memory.executeOffset(linear);
        }
        if (offset < 0) {
            return straddler(linear, codeSize);
        }
        Block found = code.find(CodeCache.key(offset, codeSize));
        if (found == null) {
            found = build(linear, offset, codeSize);
            if (found == null) {
                return straddler(linear, codeSize);
            }
        }
        if (previous != Block.NONE) {
            previous.otherSuccessor = previous.successor;
            previous.successor = found;
        }
        return found;
    }

    /** A block was interpreted once more. */
    void interpreted(Block block) {
        if (block.becomesHot()) {
            code.compile(block);
        }
    }

    private Decoder decoder() {
        if (decoder == null) {
            decoder = new Decoder(features.get().tzcnt, features.get().lzcnt);
        }
        return decoder;
    }

    /** Decodes up to the page's end; null where not one instruction fits. */
    private @Nullable Block build(long linear, long offset, int codeSize) {
        int inPage = GuestMemory.PAGE_SIZE - (int) (offset & GuestMemory.PAGE_SIZE - 1);
        int available = Math.min(inPage, bytes.length);
        MemoryPool.getBytes(offset, bytes, 0, available);
        List<DecodedInstruction> instructions = new ArrayList<>();
        for (int at = 0; at < available && instructions.size() < MOST_INSTRUCTIONS; ) {
            DecodedInstruction in = decoder().decode(bytes, at, available, SIZES[codeSize]);
            if (in == null) {
                break;
            }
            in = refusedUnlessAnnounced(in);
            at += in.length();
            instructions.add(in);
            if (in.endsBlock()) {
                break;
            }
        }
        if (instructions.isEmpty()) {
            return null;
        }
        Block block = new Block(CodeCache.key(offset, codeSize), instructions.toArray(new DecodedInstruction[0]));
        code.add(block, memory.translateCode(linear));
        return block;
    }

    private Block straddler(long linear, int codeSize) {
        int inPage = Math.min(LONGEST_INSTRUCTION, GuestMemory.PAGE_SIZE - (int) (linear & GuestMemory.PAGE_SIZE - 1));
        memory.fetch(linear, window, 0, inPage);
        int slot = (int) (linear ^ linear >>> 12) & STRADDLERS - 1;
        Straddler known = straddlers[slot];
        if (known.linear == linear && known.codeSize == codeSize) {
            if (known.bytes.length > inPage) {
                fetchRest(linear, inPage);
            }
            if (Arrays.equals(known.bytes, 0, known.bytes.length, window, 0, known.bytes.length)) {
                return known.block;
            }
        }
        Block block = new Block(Block.DEAD, new DecodedInstruction[] {decodeWindow(linear, inPage, codeSize)});
        straddlers[slot] = new Straddler(linear, codeSize, Arrays.copyOf(window, block.byteLength()), block);
        return block;
    }

    private DecodedInstruction decodeWindow(long linear, int inPage, int codeSize) {
        DecodedInstruction in = decoder().decode(window, 0, inPage, SIZES[codeSize]);
        if (in == null) {
            fetchRest(linear, inPage);
            in = Objects.requireNonNull(decoder().decode(window, 0, LONGEST_INSTRUCTION, SIZES[codeSize]));
        }
        return refusedUnlessAnnounced(in);
    }

    /** What CPUID does not announce is #UD. */
    private DecodedInstruction refusedUnlessAnnounced(DecodedInstruction in) {
        return features.get().lacks(in) ? in.executedBy(InstructionSet.UNDEFINED, true, false) : in;
    }

    private void fetchRest(long linear, int inPage) {
        memory.fetch(linear + inPage, window, inPage, LONGEST_INSTRUCTION - inPage);
    }
}
