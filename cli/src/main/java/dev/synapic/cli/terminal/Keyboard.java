// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import dev.synapic.machine.ConsoleInput;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntUnaryOperator;

/**
 * A stream as what somebody types. Its thread only waits for bytes, and ends with the process.
 *
 * <p>Threading: the machine's thread; {@link #end} from any.
 */
public final class Keyboard implements ConsoleInput {
    /** What a filter makes of a byte that is not for the guest. */
    public static final int NOTHING = -1;

    private static final int END = -1;
    /** Who types faster than the guest reads is made to wait. */
    private static final int MOST_WAITING = 4096;

    private final boolean patient;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final byte[] keys = new byte[MOST_WAITING];
    private int first;
    /** Written under the lock only; {@link #ready} reads it without. */
    private final AtomicInteger count = new AtomicInteger();

    private volatile boolean ended;

    private Keyboard(boolean patient) {
        this.patient = patient;
    }

    /** Reads from now on. */
    public static Keyboard of(InputStream in) {
        return of(in, false, key -> key);
    }

    /**
     * The same.
     *
     * @param patient whether bytes wait until the guest reads them ({@link ConsoleInput#patient})
     * @param filter what is done to each byte, 0 to 255, before the guest gets it; {@link #NOTHING} for those that it does not get
     */
    public static Keyboard of(InputStream in, boolean patient, IntUnaryOperator filter) {
        Keyboard keyboard = new Keyboard(patient);
        Thread.ofPlatform().daemon().name("synapic-keyboard").start(() -> keyboard.read(in, filter));
        return keyboard;
    }

    private void read(InputStream in, IntUnaryOperator filter) {
        try {
            for (int byteRead = in.read(); byteRead != END; byteRead = in.read()) {
                int key = filter.applyAsInt(byteRead);
                if (key != NOTHING) {
                    put(key);
                }
            }
        } catch (IOException e) {
            // As at the end of the stream: nobody can type any more.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        close(false);
    }

    private void put(int key) throws InterruptedException {
        lock.lock();
        try {
            while (count.get() == MOST_WAITING && !ended) {
                changed.await();
            }
            if (!ended) {
                keys[(first + count.get()) % MOST_WAITING] = (byte) key;
                count.incrementAndGet();
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Nobody types any more; keys that wait stay, unless they are dropped. */
    private void close(boolean drop) {
        lock.lock();
        try {
            if (drop) {
                count.set(0);
            }
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** No more keys, also those that wait: whoever waits for one waits no longer. */
    public void end() {
        close(true);
    }

    @Override
    public boolean ready() {
        return count.get() > 0;
    }

    @Override
    public boolean open() {
        return count.get() > 0 || !ended;
    }

    @Override
    public boolean patient() {
        return patient;
    }

    @Override
    public boolean await() {
        lock.lock();
        try {
            while (count.get() == 0 && !ended) {
                changed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        return count.get() > 0;
    }

    @Override
    public boolean await(long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (count.get() == 0 && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        return count.get() > 0;
    }

    @Override
    public int next() {
        lock.lock();
        try {
            if (count.get() == 0) {
                throw new IllegalStateException("there is no key");
            }
            int key = keys[first] & 0xFF;
            first = (first + 1) % MOST_WAITING;
            count.decrementAndGet();
            changed.signalAll();
            return key;
        } finally {
            lock.unlock();
        }
    }
}
