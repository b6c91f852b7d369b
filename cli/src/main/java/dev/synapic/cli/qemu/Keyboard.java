// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.ConsoleInput;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.LinkedBlockingDeque;
import org.jspecify.annotations.Nullable;

/**
 * A stream as what somebody types. Its thread only waits for bytes, and ends with the process.
 *
 * <p>Threading: the machine's thread; {@link #end} from any.
 */
final class Keyboard implements ConsoleInput {
    private static final int END = -1;
    /** Who types faster than the guest reads is made to wait. */
    private static final int MOST_WAITING = 4096;

    private final LinkedBlockingDeque<Integer> keys = new LinkedBlockingDeque<>(MOST_WAITING);
    private boolean ended;

    /** Reads from now on. */
    static Keyboard of(InputStream in) {
        Keyboard keyboard = new Keyboard();
        Thread.ofPlatform().daemon().name("synapic-keyboard").start(() -> keyboard.read(in));
        return keyboard;
    }

    private void read(InputStream in) {
        try {
            int key;
            do {
                key = in.read();
                keys.put(key);
            } while (key != END);
        } catch (IOException | InterruptedException e) {
            end();
        }
    }

    /** No more keys: whoever waits for one waits no longer. */
    void end() {
        keys.clear();
        keys.offer(END);
    }

    @Override
    public boolean ready() {
        Integer first = ended ? null : keys.peek();
        return first != null && !isEnd(first);
    }

    private boolean isEnd(@Nullable Integer key) {
        ended |= key != null && key == END;
        return ended;
    }

    @Override
    public boolean await() {
        if (ended) {
            return false;
        }
        try {
            Integer first = keys.take();
            if (isEnd(first)) {
                return false;
            }
            keys.putFirst(first);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public int next() {
        return keys.remove();
    }
}
