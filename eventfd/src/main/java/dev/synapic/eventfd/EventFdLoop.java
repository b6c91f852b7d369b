// SPDX-License-Identifier: Apache-2.0
package dev.synapic.eventfd;

import dev.synapic.interrupts.routing.EventFd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ties eventfds of the kernel to those of the fabric: what a VMM's event loop does.
 *
 * <ul>
 *   <li>Models: an irqfd whose trigger another process holds (in), and a resampler's eventfd that it holds (out).
 *   <li>Threading: any thread. One daemon thread waits for all eventfds that lead in, and raises what they raise. What leads out is written on
 *       the thread that signals.
 * </ul>
 */
public final class EventFdLoop implements AutoCloseable {
    private final LinuxEventFd wake;
    private final Map<LinuxEventFd, EventFd> inbound = new LinkedHashMap<>();
    private final Thread thread;
    private volatile boolean closed;

    /** Starts its thread. */
    public EventFdLoop() throws IOException {
        wake = LinuxEventFd.open();
        thread = Thread.ofPlatform().daemon().name("synapic-eventfd").start(this::run);
    }

    /** From now on a count of the kernel's eventfd is taken from it and signals the fabric's; so is one that stands already. */
    public void in(LinuxEventFd from, EventFd to) throws IOException {
        synchronized (inbound) {
            inbound.put(from, to);
        }
        wake.signal(1);
    }

    /** No more; one signal may be under way. The eventfd may be closed once this has returned and the loop has gone round, or is closed. */
    public void remove(LinuxEventFd from) throws IOException {
        synchronized (inbound) {
            inbound.remove(from);
        }
        wake.signal(1);
    }

    /** From now on a signal of the fabric's eventfd is taken from it and signals the kernel's: it is its listener. */
    public static void out(EventFd from, LinuxEventFd to) {
        from.listen(() -> {
            long count = from.read();
            try {
                if (count > 0) {
                    to.signal(count);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private void run() {
        try {
            while (!closed) {
                turn();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void turn() throws IOException {
        LinuxEventFd[] from;
        EventFd[] to;
        synchronized (inbound) {
            from = inbound.keySet().toArray(LinuxEventFd[]::new);
            to = inbound.values().toArray(EventFd[]::new);
        }
        int[] descriptors = new int[from.length + 1];
        for (int i = 0; i < from.length; i++) {
            descriptors[i] = from[i].descriptor();
        }
        descriptors[from.length] = wake.descriptor();
        try (Arena arena = Arena.ofConfined()) {
            PollSet set = new PollSet(arena, descriptors);
            set.poll(-1);
            for (int i = 0; i < from.length && !closed; i++) {
                long count = set.ready(i) ? from[i].read() : 0;
                if (count > 0) {
                    to[i].signal(count);
                }
            }
        }
        wake.read();
    }

    /** Ends its thread. The eventfds stay open. */
    @Override
    public void close() throws IOException {
        closed = true;
        wake.signal(1);
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        wake.close();
    }
}
