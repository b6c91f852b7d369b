// SPDX-License-Identifier: Apache-2.0
package dev.synapic.guestmem;

import java.lang.foreign.MemorySegment;
import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;

/** Which parts of the pool are taken: first fit, never-used ground last in line, ranges of forgotten owners taken back. */
final class PoolRanges {
    /** Part of the pool that belongs to a guest memory until it is returned. */
    static final class Lease extends PhantomReference<GuestMemory> {
        final long offset;
        final long length;

        Lease(GuestMemory owner, long offset, long length) {
            super(owner, INSTANCE.forgotten);
            this.offset = offset;
            this.length = length;
        }
    }

    static final PoolRanges INSTANCE = new PoolRanges();

    private static final int CHUNK = 1 << 16;
    private final ReferenceQueue<GuestMemory> forgotten = new ReferenceQueue<>();
    private final Set<Lease> leases = new HashSet<>();
    private final TreeMap<Long, Long> free = new TreeMap<>();
    /** No byte at or above it was ever handed out. */
    private long virgin;

    private PoolRanges() {
        free.put(0L, MemoryPool.size());
    }

    synchronized Lease take(GuestMemory owner, long length) {
        for (Object lease = forgotten.poll(); lease != null; lease = forgotten.poll()) {
            giveBack((Lease) lease);
        }
        for (var range : free.entrySet()) {
            if (range.getValue() >= length) {
                return carve(owner, range.getKey(), range.getValue(), length);
            }
        }
        throw new IllegalStateException("no room for " + (length >> 20) + " MiB of guest RAM in a pool of "
                + (MemoryPool.size() >> 20) + " MiB: close machines that are not needed, or give this one less memory");
    }

    synchronized void giveBack(Lease lease) {
        if (!leases.remove(lease)) {
            return;
        }
        long offset = lease.offset;
        long length = lease.length;
        var before = free.floorEntry(offset);
        if (before != null && before.getKey() + before.getValue() == offset) {
            offset = before.getKey();
            length += before.getValue();
        }
        Long after = free.remove(lease.offset + lease.length);
        free.put(offset, after == null ? length : length + after);
    }

    private Lease carve(GuestMemory owner, long offset, long available, long length) {
        free.remove(offset);
        if (available > length) {
            free.put(offset + length, available - length);
        }
        clear(offset, Math.min(length, virgin - offset));
        virgin = Math.max(virgin, offset + length);
        Lease lease = new Lease(owner, offset, length);
        leases.add(lease);
        return lease;
    }

    /** Zeroes what a former owner left, and does not touch (and so commit) pages that hold zeros anyway. */
    private static void clear(long offset, long length) {
        MemorySegment zeros = MemorySegment.ofArray(new byte[CHUNK]);
        for (long done = 0; done < length; done += CHUNK) {
            MemorySegment chunk = MemoryPool.range(offset + done, Math.min(CHUNK, length - done));
            if (chunk.mismatch(zeros.asSlice(0, chunk.byteSize())) >= 0) {
                chunk.fill((byte) 0);
            }
        }
    }
}
