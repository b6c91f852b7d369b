// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.schedule.VirtualTime;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Keeps a machine to its {@link Pace}: waits on the host before a step that would be too early. */
final class Pacer {
    /** The shortest wait that is worth it. */
    private static final long LEAST_WAIT_NANOS = 1_000_000;
    /** How far behind the wall virtual time may make up for; what is more is given up. */
    private static final long MOST_LAG_NANOS = 20_000_000;
    /** A wait looks up so often, whether the run shall end. */
    private static final long LOOK_UP_NANOS = 50_000_000;

    private final Pace pace;
    private final LongSupplier wallNanos;
    private final BooleanSupplier stopped;
    /** REAL: wall time minus virtual time where they agree. */
    private long originNanos;

    private boolean started;
    /** IDLE: skipped time that was not waited for yet. */
    private long owedNanos;

    /**
     * wallNanos is a monotonic clock; stopped tells that the run shall end.
     */
    Pacer(Pace pace, LongSupplier wallNanos, BooleanSupplier stopped) {
        this.pace = pace;
        this.wallNanos = wallNanos;
        this.stopped = stopped;
    }

    /** Whether there is nothing to wait for. A key that is there already waits for the guest. */
    boolean isFree(ConsoleInput keys) {
        return pace == Pace.FREE || pace == Pace.IDLE && (keys.ready() || !keys.open());
    }

    /**
     * Waits until the next step of a machine is due. Returns the virtual time at which it goes on: nextPs, or earlier where a key has come
     * meanwhile or the run shall end.
     *
     * @param nowPs virtual time of the latest step
     * @param nextPs that of the next one
     * @param keys who may end the wait
     */
    long await(long nowPs, long nextPs, ConsoleInput keys) {
        if (nextPs == VirtualTime.NEVER) {
            return nextPs;
        }
        long ahead = ahead(nowPs, nextPs);
        if (ahead < LEAST_WAIT_NANOS) {
            return nextPs;
        }
        long until = wallNanos.getAsLong() + ahead;
        long left = ahead;
        boolean key = false;
        while (left > 0 && !key && !stopped.getAsBoolean()) {
            key = keys.await(Math.min(left, LOOK_UP_NANOS));
            left = until - wallNanos.getAsLong();
        }
        owedNanos = Math.min(left, 0);
        return left <= 0
                ? nextPs
                : Math.clamp(nextPs - left * VirtualTime.PS_PER_NANOSECOND, Math.min(nowPs, nextPs), nextPs);
    }

    /** How much later than now on the wall the step is due, in nanoseconds. */
    private long ahead(long nowPs, long nextPs) {
        if (pace == Pace.IDLE) {
            // A processor that runs makes small steps, and back; what is jumped over is idle.
            owedNanos += Math.max(0, nextPs - nowPs) / VirtualTime.PS_PER_NANOSECOND;
            return owedNanos;
        }
        long nextNanos = nextPs / VirtualTime.PS_PER_NANOSECOND;
        long wall = wallNanos.getAsLong();
        if (!started) {
            started = true;
            originNanos = wall - nowPs / VirtualTime.PS_PER_NANOSECOND;
        }
        originNanos = Math.max(originNanos, wall - MOST_LAG_NANOS - nextNanos);
        return originNanos + nextNanos - wall;
    }
}
