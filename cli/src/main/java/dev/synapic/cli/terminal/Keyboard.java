// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import dev.synapic.machine.ConsoleInput;
import java.io.IOException;
import java.io.InputStream;
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
    private static final long NANOS_PER_MILLI = 1_000_000;
    /** Who types faster than the guest reads is made to wait. */
    private static final int MOST_WAITING = 4096;

    private final boolean patient;
    private final byte[] keys = new byte[MOST_WAITING];
    private int first;
    private volatile int count;
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
        close();
    }

    private synchronized void put(int key) throws InterruptedException {
        while (count == MOST_WAITING && !ended) {
            wait();
        }
        if (!ended) {
            keys[(first + count) % MOST_WAITING] = (byte) key;
            count++;
            notifyAll();
        }
    }

    private synchronized void close() {
        ended = true;
        notifyAll();
    }

    /** No more keys, also those that wait: whoever waits for one waits no longer. */
    public synchronized void end() {
        count = 0;
        close();
    }

    @Override
    public boolean ready() {
        return count > 0;
    }

    @Override
    public boolean open() {
        return count > 0 || !ended;
    }

    @Override
    public boolean patient() {
        return patient;
    }

    @Override
    public synchronized boolean await() {
        try {
            while (count == 0 && !ended) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return count > 0;
    }

    @Override
    public synchronized boolean await(long nanos) {
        try {
            if (count == 0) {
                wait(Math.max(1, nanos / NANOS_PER_MILLI));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return count > 0;
    }

    @Override
    public synchronized int next() {
        if (count == 0) {
            throw new IllegalStateException("there is no key");
        }
        int key = keys[first] & 0xFF;
        first = (first + 1) % MOST_WAITING;
        count--;
        notifyAll();
        return key;
    }
}
