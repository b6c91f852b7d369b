// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.guestmem.GuestMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Decoded basic blocks by physical address and mode, shared by all processors of a machine. Pages with blocks are
 * watched; a write to bytes that were decoded kills the page's blocks and cuts the block that is executing.
 *
 * <p>Threads: one thread runs all processors of a machine; compiled code comes from others.
 */
public final class CodeCache {
    private static final int FIRST_CAPACITY = 1 << 12;
    /** A watch is kept per 64 bytes of a page, so that data beside code costs a slow store but no decoding. */
    private static final int GRANULE_SHIFT = 6;

    /** The blocks of one physical page. */
    private static final class CodePage {
        long granules;

        @Nullable
        Block blocks;
    }

    private final GuestMemory ram;
    private final Executor compilation;
    private final List<Cpu> cpus = new ArrayList<>();
    private final Map<Long, CodePage> pages = new HashMap<>();
    private @Nullable Block[] buckets = new @Nullable Block[FIRST_CAPACITY];
    private int count;

    /** Blocks that are executed often are compiled on a virtual thread each, beside the processors. */
    public CodeCache(GuestMemory ram) {
        this(ram, task -> Thread.ofVirtual().name("block-compiler").start(task));
    }

    /** The same with compiling done by somebody else, or at once. */
    CodeCache(GuestMemory ram, Executor compilation) {
        this.ram = ram;
        this.compilation = compilation;
        ram.setWriteListener(this::written);
    }

    void attach(Cpu cpu) {
        cpus.add(cpu);
    }

    /** A negative pool offset (no RAM, or not in the TLB) makes a key that no block has. */
    static long key(long poolOffset, int codeSize) {
        return poolOffset << 2 | codeSize;
    }

    @Nullable
    Block find(long key) {
        for (Block block = buckets[bucket(key)]; block != null; block = block.nextInBucket) {
            if (block.key == key) {
                return block;
            }
        }
        return null;
    }

    /** The block goes on being interpreted, with the same effects, until that is done. */
    void compile(Block block) {
        compilation.execute(() -> block.compiled = BlockCompiler.compile(block.instructions));
    }

    /** Adds a block that lies within the page of gpa. */
    void add(Block block, long gpa) {
        if (count >= buckets.length) {
            grow();
        }
        put(block);
        count++;
        long pool = ram.poolOffset(gpa);
        CodePage page = pages.computeIfAbsent(gpa >> GuestMemory.PAGE_SHIFT, any -> newPage(gpa, pool));
        page.granules |= granules(gpa, block.byteLength());
        block.nextOnPage = page.blocks;
        page.blocks = block;
    }

    private CodePage newPage(long gpa, long pool) {
        ram.watch(gpa, true);
        for (Cpu cpu : cpus) {
            cpu.memory.dropWritable(pool & -GuestMemory.PAGE_SIZE);
        }
        return new CodePage();
    }

    private void written(long gpa, int length) {
        CodePage page = pages.get(gpa >> GuestMemory.PAGE_SHIFT);
        if (page == null || (page.granules & granules(gpa, length)) == 0) {
            return;
        }
        for (Block block = page.blocks; block != null; block = block.nextOnPage) {
            remove(block);
        }
        pages.remove(gpa >> GuestMemory.PAGE_SHIFT);
        ram.watch(gpa, false);
        for (Cpu cpu : cpus) {
            cpu.cutBlock();
        }
    }

    private static long granules(long gpa, int length) {
        int first = (int) (gpa & GuestMemory.PAGE_SIZE - 1) >> GRANULE_SHIFT;
        int last = (int) ((gpa + length - 1) & GuestMemory.PAGE_SIZE - 1) >> GRANULE_SHIFT;
        return -1L << first & -1L >>> 63 - last;
    }

    int blockCount() {
        return count;
    }

    private void put(Block block) {
        int bucket = bucket(block.key);
        block.nextInBucket = buckets[bucket];
        buckets[bucket] = block;
    }

    private void remove(Block dead) {
        int bucket = bucket(dead.key);
        dead.key = Block.DEAD;
        count--;
        Block block = buckets[bucket];
        if (block == dead) {
            buckets[bucket] = dead.nextInBucket;
            return;
        }
        while (block != null && block.nextInBucket != dead) {
            block = block.nextInBucket;
        }
        if (block != null) {
            block.nextInBucket = dead.nextInBucket;
        }
    }

    private void grow() {
        @Nullable Block[] old = buckets;
        buckets = new @Nullable Block[old.length * 2];
        for (Block chain : old) {
            for (Block block = chain; block != null; ) {
                Block next = block.nextInBucket;
                put(block);
                block = next;
            }
        }
    }

    private int bucket(long key) {
        return (int) (key * 0x9E37_79B9_7F4A_7C15L >>> 40) & buckets.length - 1;
    }
}
