// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Who hears the acknowledgement of which GSI, and the queue that keeps a re-asserting listener from recursing.
 *
 * <p>Algorithmic notes. An acknowledgement sets its GSI's pending bit and arrives at a {@link Turnstile}; the runner
 * notifies. So an acknowledgement that a notifier causes (a resampler that re-asserts an edge-like line,
 * CVE-2020-27152) is handled after it, in a loop. Where that has no end, the pending bit stays, and any later
 * acknowledgement or {@link #runDeferred} takes it up. An acknowledgement is never lost; several of one GSI may become
 * one.
 */
final class AckNotifiers {
    private final IrqChipListener listener;
    private final AtomicReferenceArray<AckNotifier @Nullable []> byGsi =
            new AtomicReferenceArray<>(GsiRoutingTable.MAX_GSI);
    private final AtomicLongArray pending = new AtomicLongArray(GsiRoutingTable.MAX_GSI / Long.SIZE);
    /** Bit n: word n of pending may have bits. */
    private final AtomicLong pendingWords = new AtomicLong();

    private final Turnstile turnstile = new Turnstile(this::notifyPending);

    AckNotifiers(IrqChipListener listener) {
        this.listener = listener;
    }

    synchronized void add(int gsi, AckNotifier notifier) {
        AckNotifier[] old = byGsi.get(gsi);
        AckNotifier[] longer = old == null ? new AckNotifier[1] : Arrays.copyOf(old, old.length + 1);
        longer[longer.length - 1] = notifier;
        byGsi.set(gsi, longer);
    }

    @SuppressWarnings("ReferenceEquality") // the very object that was added
    synchronized void remove(int gsi, AckNotifier notifier) {
        AckNotifier[] old = byGsi.get(gsi);
        if (old == null) {
            return;
        }
        AckNotifier[] rest =
                Arrays.stream(old).filter(other -> other != notifier).toArray(AckNotifier[]::new);
        byGsi.set(gsi, rest.length == 0 ? null : rest);
    }

    boolean has(int gsi) {
        return byGsi.get(gsi) != null;
    }

    void acknowledge(int gsi) {
        if (byGsi.get(gsi) == null) {
            return;
        }
        int word = gsi >> 6;
        setPending(word, 1L << gsi);
        if (!turnstile.arrive()) {
            listener.ackStorm(gsi);
        }
    }

    boolean hasDeferred() {
        return pendingWords.get() != 0;
    }

    void runDeferred() {
        if (hasDeferred() && !turnstile.isRunner()) {
            turnstile.arrive();
        }
    }

    /** The GSIs whose acknowledgement waits for a later one, ascending. */
    List<Integer> save() {
        List<Integer> gsis = new ArrayList<>();
        for (int word = 0; word < pending.length(); word++) {
            for (long bits = pending.get(word); bits != 0; bits &= bits - 1) {
                gsis.add((word << 6) + Long.numberOfTrailingZeros(bits));
            }
        }
        return gsis;
    }

    /** They go on waiting. */
    void restore(List<Integer> gsis) {
        pendingWords.set(0);
        for (int word = 0; word < pending.length(); word++) {
            pending.set(word, 0);
        }
        for (int gsi : gsis) {
            setPending(gsi >> 6, 1L << gsi);
        }
    }

    private void setPending(int word, long bits) {
        long old;
        do {
            old = pending.get(word);
        } while (!pending.compareAndSet(word, old, old | bits));
        long words;
        do {
            words = pendingWords.get();
        } while (!pendingWords.compareAndSet(words, words | 1L << word));
    }

    private void notifyPending() {
        for (long words = pendingWords.getAndSet(0); words != 0; words &= words - 1) {
            int word = Long.numberOfTrailingZeros(words);
            for (long bits = pending.getAndSet(word, 0); bits != 0; bits &= bits - 1) {
                notifyGsi((word << 6) + Long.numberOfTrailingZeros(bits));
            }
        }
    }

    private void notifyGsi(int gsi) {
        AckNotifier[] notifiers = byGsi.get(gsi);
        if (notifiers == null) {
            return;
        }
        listener.acknowledged(gsi);
        for (AckNotifier notifier : notifiers) {
            notifier.acknowledged(gsi);
        }
    }
}
