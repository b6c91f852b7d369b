// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Ctrl-C: asks everything that runs to end, and keeps the process alive until the report so far is printed.
 *
 * <p>Threading: any.
 */
public final class Interruption {
    private static final long GRACE_SECONDS = 10;

    private final Set<Runnable> running = new LinkedHashSet<>();
    private final CountDownLatch reported = new CountDownLatch(1);
    private boolean requested;

    /** One that Ctrl-C and a termination signal trigger; {@link #reported} must be called before the process exits. */
    public static Interruption ofProcess() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(new Thread(interruption::shutDown, "synapic-interruption"));
        return interruption;
    }

    private void shutDown() {
        if (reported.getCount() == 0) {
            return;
        }
        request();
        try {
            boolean inTime = reported.await(GRACE_SECONDS, TimeUnit.SECONDS);
            if (!inTime) {
                Runtime.getRuntime().halt(ExitStatus.INTERRUPTED);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Asks everything that runs to end, and what is started later too. */
    public synchronized void request() {
        requested = true;
        running.forEach(Runnable::run);
    }

    public synchronized boolean requested() {
        return requested;
    }

    /** Does some work that stop can end early from another thread. */
    public <T> T during(Runnable stop, Supplier<T> work) {
        synchronized (this) {
            running.add(stop);
            if (requested) {
                stop.run();
            }
        }
        try {
            return work.get();
        } finally {
            synchronized (this) {
                running.remove(stop);
            }
        }
    }

    /** All is printed: the process may end. */
    public void reported() {
        reported.countDown();
    }
}
