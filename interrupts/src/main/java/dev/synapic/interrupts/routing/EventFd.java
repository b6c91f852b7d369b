// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * An eventfd within the process: a counter that signals add to and whose reader takes all.
 *
 * <ul>
 *   <li>Models: eventfd(2) counter without semaphore mode, one exclusive waiter that consumes before anybody else is
 *       woken (irqfd's priority waiter), hang-up at close, one ordinary listener (a VMM's event loop).
 *   <li>Spec: eventfd(2); how KVM's irqfd waits on one.
 *   <li>Not modelled: blocking reads and writes; a counter at its maximum stays there.
 *   <li>Threading: any thread. Waiter and listener run on a signalling thread, one call at a time and never one within
 *       another: a signal that comes while one is handled is handled after it, by the same loop. A handler that signals
 *       its own eventfd without end is cut off ({@link Turnstile}); the count stays pending until the next signal from
 *       outside.
 * </ul>
 */
public final class EventFd implements AutoCloseable {
    private static final long MAX_COUNT = Long.MAX_VALUE - 1;

    /** The one who consumes every signal: an irqfd. */
    public interface Waiter {
        /** The count was taken and was not zero. */
        void signalled();

        /** The eventfd is closed. */
        void hungUp();
    }

    private final AtomicLong count = new AtomicLong();
    private final AtomicReference<@Nullable Waiter> waiter = new AtomicReference<>();
    private final Turnstile turnstile = new Turnstile(this::dispatch);
    private volatile @Nullable Runnable listener;
    private volatile boolean closed;

    /** Adds one and wakes whoever waits. */
    public void signal() {
        signal(1);
    }

    /**
     * Adds an increment and wakes whoever waits; a full counter stays at 2^63 - 2, and a closed one takes nothing.
     * Throws IllegalArgumentException for an increment below 1.
     */
    public void signal(long increment) {
        if (increment <= 0) {
            throw new IllegalArgumentException("an eventfd counts up: increment " + increment);
        }
        if (closed) {
            return;
        }
        long old;
        do {
            old = count.get();
        } while (!count.compareAndSet(old, old > MAX_COUNT - increment ? MAX_COUNT : old + increment));
        turnstile.arrive();
    }

    /** Takes the count and leaves zero. */
    public long read() {
        return count.getAndSet(0);
    }

    /** The count, untouched. */
    public long peek() {
        return count.get();
    }

    /**
     * What a VMM's event loop does after a signal that no exclusive waiter took; it usually begins with {@link #read}.
     */
    public void listen(@Nullable Runnable onSignal) {
        listener = onSignal;
    }

    /**
     * Attaches the exclusive waiter. A count that is pending already is handed over at once.
     *
     * @return false where another one is attached
     */
    public boolean attach(Waiter candidate) {
        if (closed || !waiter.compareAndSet(null, candidate)) {
            return false;
        }
        // A close in between has found nobody to hang up on.
        if (closed && waiter.compareAndSet(candidate, null)) {
            return false;
        }
        if (count.get() != 0) {
            turnstile.arrive();
        }
        return true;
    }

    /** Detaches the waiter if it is this one. */
    public void detach(Waiter candidate) {
        waiter.compareAndSet(candidate, null);
    }

    /** Whether an exclusive waiter is attached; it may be gone by the time the caller looks. */
    public boolean hasWaiter() {
        return waiter.get() != null;
    }

    /** Whether it was closed, which is for good. */
    public boolean isClosed() {
        return closed;
    }

    /** Hangs up: the waiter is detached and told; later signals go nowhere. */
    @Override
    public void close() {
        closed = true;
        Waiter last = waiter.getAndSet(null);
        if (last != null) {
            last.hungUp();
        }
    }

    private void dispatch() {
        Waiter exclusive = waiter.get();
        if (exclusive != null) {
            if (count.getAndSet(0) != 0) {
                exclusive.signalled();
            }
            return;
        }
        Runnable ordinary = listener;
        if (ordinary != null && count.get() != 0) {
            ordinary.run();
        }
    }
}
