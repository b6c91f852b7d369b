// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

/**
 * An indexed binary heap: for each of a fixed number of entries a time, and which is the earliest. Equal times are ordered by rank,
 * which the machine's seed decides. Allocation-free after construction.
 */
public final class TimeQueue {
    private final long[] timePs;
    private final int[] rank;
    private final int[] heap;
    private final int[] position;

    /** Every entry starts at {@link VirtualTime#NEVER}; rank[i] orders entry i among equals. */
    public TimeQueue(int[] rank) {
        int n = rank.length;
        this.rank = rank.clone();
        this.timePs = new long[n];
        this.heap = new int[n];
        this.position = new int[n];
        for (int i = 0; i < n; i++) {
            timePs[i] = VirtualTime.NEVER;
            heap[i] = i;
            position[i] = i;
        }
        for (int i = n / 2; i >= 0; i--) {
            siftDown(i);
        }
    }

    public void set(int entry, long ps) {
        long old = timePs[entry];
        if (old == ps) {
            return;
        }
        timePs[entry] = ps;
        if (ps < old) {
            siftUp(position[entry]);
        } else {
            siftDown(position[entry]);
        }
    }

    public long time(int entry) {
        return timePs[entry];
    }

    /** The entry with the earliest time. */
    public int first() {
        return heap[0];
    }

    public long firstPs() {
        return timePs[heap[0]];
    }

    /** The second earliest time, or NEVER. */
    public long secondPs() {
        long second = VirtualTime.NEVER;
        if (heap.length > 1) {
            second = timePs[heap[1]];
        }
        return heap.length > 2 ? Math.min(second, timePs[heap[2]]) : second;
    }

    private boolean before(int a, int b) {
        return timePs[a] != timePs[b] ? timePs[a] < timePs[b] : rank[a] < rank[b];
    }

    private void siftUp(int from) {
        int i = from;
        int entry = heap[i];
        while (i > 0) {
            int parent = i - 1 >> 1;
            if (!before(entry, heap[parent])) {
                break;
            }
            put(i, heap[parent]);
            i = parent;
        }
        put(i, entry);
    }

    private void siftDown(int from) {
        int n = heap.length;
        if (n == 0) {
            return;
        }
        int i = from;
        int entry = heap[i];
        while (true) {
            int child = 2 * i + 1;
            if (child >= n) {
                break;
            }
            if (child + 1 < n && before(heap[child + 1], heap[child])) {
                child++;
            }
            if (!before(heap[child], entry)) {
                break;
            }
            put(i, heap[child]);
            i = child;
        }
        put(i, entry);
    }

    private void put(int i, int entry) {
        heap[i] = entry;
        position[entry] = i;
    }
}
