// SPDX-License-Identifier: Apache-2.0
package dev.synapic.eventfd;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Descriptors that are waited for together: an array of struct pollfd {int fd; short events; short revents;}. */
final class PollSet {
    private static final int SIZE = 8, EVENTS = 4, REVENTS = 6;
    private static final short POLLIN = 1;

    private final MemorySegment entries;
    private final int count;

    PollSet(Arena arena, int[] descriptors) {
        count = descriptors.length;
        entries = arena.allocate((long) SIZE * count, Integer.BYTES);
        for (int i = 0; i < count; i++) {
            entries.set(ValueLayout.JAVA_INT, at(i), descriptors[i]);
            entries.set(ValueLayout.JAVA_SHORT, at(i) + EVENTS, POLLIN);
        }
    }

    private static long at(int index) {
        return (long) index * SIZE;
    }

    /** Waits for one of them; milliseconds below zero: without end. */
    void poll(int milliseconds) throws IOException {
        Libc.poll(entries, count, milliseconds);
    }

    boolean ready(int index) {
        return (entries.get(ValueLayout.JAVA_SHORT, at(index) + REVENTS) & POLLIN) != 0;
    }
}
