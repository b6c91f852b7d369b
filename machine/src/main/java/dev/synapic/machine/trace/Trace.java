// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.trace;

/**
 * The machine's event trace: a running hash over every event, and an optional sink that sees them all.
 *
 * <p>Two runs with the same inputs and seed have the same hash. Single-threaded; recording allocates nothing.
 */
public final class Trace {
    private static final long MULTIPLIER = 0x9E37_79B9_7F4A_7C15L;

    private final TraceSink sink;
    private long hash;
    private long events;

    public Trace(TraceSink sink) {
        this.sink = sink;
    }

    public void record(TraceEvent event, int vcpu, long ps, long a, long b) {
        events++;
        long h = mix(hash, event.ordinal() | (long) vcpu << 32);
        h = mix(h, ps);
        h = mix(h, a);
        hash = mix(h, b);
        sink.event(event, vcpu, ps, a, b);
    }

    /** The hash of all that was recorded. */
    public long hash() {
        return hash;
    }

    public long events() {
        return events;
    }

    /** Folds a value into a hash. */
    public static long mix(long hash, long value) {
        long h = (hash ^ value) * MULTIPLIER;
        return h ^ h >>> 29;
    }
}
