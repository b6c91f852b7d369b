// SPDX-License-Identifier: Apache-2.0
package dev.synapic.eventfd;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * An eventfd of the kernel, which other processes may hold too.
 *
 * <ul>
 *   <li>Models: nothing; it is the kernel's, not blocking and closed at exec.
 *   <li>Spec: eventfd(2).
 *   <li>Threading: any thread; close once nobody uses it any more.
 * </ul>
 */
public final class LinuxEventFd implements AutoCloseable {
    private static final int EFD_NONBLOCK = 0x800, EFD_CLOEXEC = 0x80000;

    private final int descriptor;

    private LinuxEventFd(int descriptor) {
        this.descriptor = descriptor;
    }

    /** A new one with a count of zero. */
    public static LinuxEventFd open() throws IOException {
        return new LinuxEventFd(Libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    }

    /** Takes over a descriptor, as one that {@link DescriptorSocket#receive} gave. It has to be an eventfd that does not block. */
    public static LinuxEventFd of(int descriptor) {
        if (descriptor < 0) {
            throw new IllegalArgumentException("a descriptor is not negative: " + descriptor);
        }
        return new LinuxEventFd(descriptor);
    }

    /** The process's number for it. */
    public int descriptor() {
        return descriptor;
    }

    /** Adds to the count, at least 1. Where the count would pass 2^64-2 it stays: whoever reads it has seen nothing for long. */
    public void signal(long increment) throws IOException {
        if (increment <= 0) {
            throw new IllegalArgumentException("an eventfd counts up: increment " + increment);
        }
        try (Arena arena = Arena.ofConfined()) {
            Libc.write(descriptor, arena.allocateFrom(ValueLayout.JAVA_LONG, increment));
        }
    }

    /** Takes the count and leaves zero; 0 where it was zero. */
    public long read() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            return Libc.read(descriptor, count) < 0 ? 0 : count.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** Waits until the count is not zero, at most so long; returns whether it is. */
    public boolean await(int milliseconds) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            PollSet set = new PollSet(arena, new int[] {descriptor});
            set.poll(milliseconds);
            return set.ready(0);
        }
    }

    @Override
    public void close() throws IOException {
        Libc.close(descriptor);
    }
}
