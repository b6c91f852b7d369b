// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import dev.synapic.machine.bus.BusMaster;

/** The buffers of one request: what the device may read, then what it may write. Used again for each request. */
final class DescriptorChain {
    /** A chain has at most so many bytes (2.7.4.2). */
    private static final long MOST_BYTES = 1L << 32;

    private static final int NEXT = 1;
    private static final int WRITE = 1 << 1;
    private static final int INDIRECT = 1 << 2;
    private static final int DESCRIPTOR_BYTES = 16;

    private final BusMaster memory;
    private final byte[] descriptor = new byte[DESCRIPTOR_BYTES];
    private final long[] addresses = new long[Virtqueue.MOST_SIZE];
    private final long[] lengths = new long[Virtqueue.MOST_SIZE];
    private int count;
    private int readable;
    private long readableBytes;
    private long writableBytes;
    private int head;

    DescriptorChain(BusMaster memory) {
        this.memory = memory;
    }

    int head() {
        return head;
    }

    long readableBytes() {
        return readableBytes;
    }

    long writableBytes() {
        return writableBytes;
    }

    // ---- reading the descriptors

    /** Follows a chain from its head through the queue's table and, where there is one, an indirect table. */
    void follow(long table, int size, int first, boolean indirectAllowed) throws RingViolation {
        head = first;
        count = 0;
        readable = 0;
        readableBytes = 0;
        writableBytes = 0;
        long end = walk(table, size, first, size, indirectAllowed);
        if (end > 0) {
            long entries = lengths[count] / DESCRIPTOR_BYTES;
            walk(addresses[count], (int) entries, 0, size, false);
        }
    }

    /** Returns how many bytes the indirect table has that the walk ended at (then the next free place holds it), or 0. */
    private long walk(long table, int entries, int first, int most, boolean indirectAllowed) throws RingViolation {
        int index = first;
        while (true) {
            if (index >= entries) {
                throw new RingViolation("a descriptor beyond the table");
            }
            if (count == most) {
                throw new RingViolation("a chain longer than the queue");
            }
            if (!memory.read(table + (long) index * DESCRIPTOR_BYTES, descriptor, 0, DESCRIPTOR_BYTES)) {
                throw new RingViolation("a descriptor table outside of memory");
            }
            int flags = LittleEndian.get16(descriptor, 12);
            addresses[count] = LittleEndian.get64(descriptor, 0);
            lengths[count] = LittleEndian.get32(descriptor, 8) & 0xFFFF_FFFFL;
            if ((flags & INDIRECT) != 0) {
                return indirectTable(flags, most, indirectAllowed);
            }
            add((flags & WRITE) != 0);
            if ((flags & NEXT) == 0) {
                return 0;
            }
            index = LittleEndian.get16(descriptor, 14);
        }
    }

    /** 2.7.5.3: it ends a chain, is not nested, and has whole entries; its write flag means nothing. */
    private long indirectTable(int flags, int most, boolean allowed) throws RingViolation {
        long bytes = lengths[count];
        if (!allowed || (flags & NEXT) != 0) {
            throw new RingViolation("an indirect table where none may be");
        }
        if (bytes == 0 || bytes % DESCRIPTOR_BYTES != 0 || bytes / DESCRIPTOR_BYTES > most) {
            throw new RingViolation("an indirect table of %d bytes".formatted(bytes));
        }
        return bytes;
    }

    private void add(boolean write) throws RingViolation {
        long length = lengths[count];
        if (write) {
            writableBytes += length;
        } else if (writableBytes > 0 || count > readable) {
            throw new RingViolation("a buffer to read behind one to write");
        } else {
            readableBytes += length;
            readable++;
        }
        count++;
        if (readableBytes + writableBytes > MOST_BYTES) {
            throw new RingViolation("a chain of more than 4 GiB");
        }
    }

    // ---- the buffers

    /** Reads from the part that the driver filled; offset is from its first byte. */
    void read(long offset, byte[] into, int at, int length) throws RingViolation {
        transfer(0, readable, offset, into, at, length, false);
    }

    /** Writes to the part that the device fills. */
    void write(long offset, byte[] from, int at, int length) throws RingViolation {
        transfer(readable, count, offset, from, at, length, true);
    }

    private void transfer(int first, int end, long offset, byte[] bytes, int at, int length, boolean toGuest)
            throws RingViolation {
        long before = 0;
        int done = 0;
        for (int i = first; i < end && done < length; i++) {
            long within = offset + done - before;
            if (within < lengths[i]) {
                int part = (int) Math.min(lengths[i] - within, length - done);
                access(addresses[i] + within, bytes, at + done, part, toGuest);
                done += part;
            }
            before += lengths[i];
        }
        if (done < length) {
            throw new RingViolation("a buffer that is too short");
        }
    }

    private void access(long address, byte[] bytes, int at, int length, boolean toGuest) throws RingViolation {
        boolean possible = toGuest ? memory.write(address, bytes, at, length) : memory.read(address, bytes, at, length);
        if (!possible) {
            throw new RingViolation("a buffer outside of memory");
        }
    }
}
