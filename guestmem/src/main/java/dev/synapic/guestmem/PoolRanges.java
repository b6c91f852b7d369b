// SPDX-License-Identifier: Apache-2.0
package dev.synapic.guestmem;

import java.lang.ref.PhantomReference;
import java.lang.ref.ReferenceQueue;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which parts of the pool are taken: first fit, ranges of forgotten owners taken back. */
final class PoolRanges {
    /** Part of the pool that belongs to a guest memory until it is returned. */
    static final class Lease extends PhantomReference<GuestMemory> {
        final long offset;
        final long length;
        /** Chunks that may hold other bytes than zero; whoever hands out a way to write sets them. */
        final boolean[] touched;

        Lease(GuestMemory owner, long offset, long length) {
            super(owner, INSTANCE.forgotten);
            this.offset = offset;
            this.length = length;
            this.touched = new boolean[(int) (length + CHUNK - 1 >> CHUNK_SHIFT)];
        }
    }

    /** log2 of the bytes per chunk: what is zeroed together. */
    static final int CHUNK_SHIFT = 16;

    static final PoolRanges INSTANCE = new PoolRanges();

    private static final int ATTEMPTS = 5;
    private static final long PATIENCE_MILLIS = 100;
    private static final int CHUNK = 1 << CHUNK_SHIFT;
    private final ReferenceQueue<GuestMemory> forgotten = new ReferenceQueue<>();
    private final Set<Lease> leases = new HashSet<>();
    /** Offset to length; all of it holds zeros. */
    private final TreeMap<Long, Long> free = new TreeMap<>();

    private PoolRanges() {
        free.put(0L, MemoryPool.size());
    }

    synchronized Lease take(GuestMemory owner, long length) {
        takeBackForgotten();
        Lease lease = firstFit(owner, length);
        for (int attempt = 0; lease == null && length <= MemoryPool.size() && attempt < ATTEMPTS; attempt++) {
            awaitForgotten();
            lease = firstFit(owner, length);
        }
        if (lease == null) {
            throw new IllegalStateException("no room for %d MiB of guest RAM in a pool of %d MiB: close machines"
                            .formatted(length >> 20, MemoryPool.size() >> 20)
                    + " that are not needed, or give this one less memory");
        }
        return lease;
    }

    private @Nullable Lease firstFit(GuestMemory owner, long length) {
        for (var range : free.entrySet()) {
            if (range.getValue() >= length) {
                return carve(owner, range.getKey(), range.getValue(), length);
            }
        }
        return null;
    }

    private void takeBackForgotten() {
        for (Object lease = forgotten.poll(); lease != null; lease = forgotten.poll()) {
            giveBack((Lease) lease);
        }
    }

    /** Before giving up: the collector may not have looked yet, and tells of what it found a little later. */
    private void awaitForgotten() {
        System.gc();
        try {
            Object lease = forgotten.remove(PATIENCE_MILLIS);
            if (lease != null) {
                giveBack((Lease) lease);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        takeBackForgotten();
    }

    synchronized void giveBack(Lease lease) {
        if (!leases.remove(lease)) {
            return;
        }
        clear(lease);
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
        Lease lease = new Lease(owner, offset, length);
        leases.add(lease);
        return lease;
    }

    /** Zeroes what the owner may have written, and commits no page by touching it. */
    private static void clear(Lease lease) {
        for (int i = 0; i < lease.touched.length; i++) {
            if (lease.touched[i]) {
                long from = (long) i << CHUNK_SHIFT;
                MemoryPool.range(lease.offset + from, Math.min(CHUNK, lease.length - from))
                        .fill((byte) 0);
            }
        }
    }
}
