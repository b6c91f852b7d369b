// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Runs work for one caller at a time, without blocking and without recursion.
 *
 * <p>Algorithmic notes. The caller leaves what is to be done in a place of its own, then arrives. Who raises the
 * arrival count from zero runs the work until the count is back at zero; everybody else leaves, for the runner will
 * look again. The count cannot reach zero between an arrival and the look that follows it, so nothing is left undone.
 * Work that causes arrivals on its own thread would keep the runner for ever: {@value #MAX_OWN_ARRIVALS} of those are
 * followed, counted anew whenever somebody else arrives, and the rest is reported to the caller. Work that throws does
 * not stop the loop; the runner's caller gets the exception at the end.
 */
final class Turnstile {
    static final int MAX_OWN_ARRIVALS = 64;

    private final Runnable work;
    private final AtomicInteger arrivals = new AtomicInteger();
    private volatile @Nullable Thread runner;
    /** Since somebody else arrived; the runner's, as the next one. */
    private int ownArrivals;

    private int ownArrivalsInPass;

    Turnstile(Runnable work) {
        this.work = work;
    }

    /** Returns false where the work that was left waits for a later arrival from outside. */
    boolean arrive() {
        if (isRunner()) {
            if (ownArrivals == MAX_OWN_ARRIVALS) {
                return false;
            }
            ownArrivals++;
            ownArrivalsInPass++;
        }
        if (arrivals.getAndIncrement() == 0) {
            run();
        }
        return true;
    }

    @SuppressWarnings("ReferenceEquality") // threads have no other equality
    boolean isRunner() {
        return runner == Thread.currentThread();
    }

    private void run() {
        RuntimeException failure = null;
        ownArrivals = 0;
        int handled = 1;
        do {
            runner = Thread.currentThread();
            ownArrivalsInPass = 0;
            try {
                work.run();
            } catch (RuntimeException thrown) {
                failure = thrown;
            } finally {
                runner = null;
            }
            handled = arrivals.addAndGet(-handled);
            if (handled > ownArrivalsInPass) {
                ownArrivals = 0;
            }
        } while (handled != 0);
        if (failure != null) {
            throw failure;
        }
    }
}
