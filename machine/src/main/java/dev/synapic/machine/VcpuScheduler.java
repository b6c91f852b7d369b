// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.schedule.EventQueue;
import dev.synapic.machine.schedule.TimeQueue;
import dev.synapic.machine.schedule.VirtualTime;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Runs all virtual CPUs on one thread in virtual time (design decision D3): always the one that is furthest behind, until it has
 * passed the next one by at most the lookahead or an event is due. The seed orders virtual CPUs of equal time and shortens slices.
 */
final class VcpuScheduler {
    /** The longest slice, so that the machine's owner is heard while one virtual CPU runs alone: 1 ms of virtual time. */
    private static final long LONGEST_SLICE_PS = 1_000_000_000L;

    private final Vcpu[] vcpus;
    private final TimeQueue queue;
    private final EventQueue events;
    private final long lookaheadPs;
    private final SplittableRandom jitter;
    private @Nullable Vcpu current;
    private long eventPs;

    VcpuScheduler(Vcpu[] vcpus, EventQueue events, long lookaheadPs, long seed) {
        this.vcpus = vcpus;
        this.events = events;
        this.lookaheadPs = lookaheadPs;
        this.jitter = new SplittableRandom(seed);
        this.queue = new TimeQueue(shuffled(vcpus.length));
    }

    /** All virtual CPUs are there. */
    void powerOn() {
        for (Vcpu vcpu : vcpus) {
            queue.set(vcpu.index(), vcpu.nextPs());
        }
    }

    private int[] shuffled(int n) {
        int[] rank = new int[n];
        for (int i = 0; i < n; i++) {
            int j = jitter.nextInt(i + 1);
            rank[i] = rank[j];
            rank[j] = i;
        }
        return rank;
    }

    /** What one step of the machine came to. */
    enum Step {
        DONE,
        /** Nothing can ever happen again. */
        DEADLOCK,
        /** A virtual CPU shut down by a triple fault: {@link #current}. */
        TRIPLE_FAULT
    }

    /** Runs the next event or the next slice of the virtual CPU that is furthest behind. */
    Step step() {
        long vcpuPs = queue.firstPs();
        long nextEventPs = events.nextPs();
        if (nextEventPs <= vcpuPs) {
            if (nextEventPs == VirtualTime.NEVER) {
                return Step.DEADLOCK;
            }
            current = null;
            eventPs = nextEventPs;
            events.runNext();
            return Step.DONE;
        }
        Vcpu vcpu = vcpus[queue.first()];
        current = vcpu;
        boolean alive = vcpu.run(limit(nextEventPs));
        queue.set(vcpu.index(), vcpu.nextPs());
        return alive ? Step.DONE : Step.TRIPLE_FAULT;
    }

    /** Virtual time of the next step: {@link VirtualTime#NEVER} where nothing can happen any more. */
    long nextPs() {
        return Math.min(queue.firstPs(), events.nextPs());
    }

    private long limit(long nextEventPs) {
        long longest = Math.min(queue.firstPs() + LONGEST_SLICE_PS, nextEventPs);
        long second = queue.secondPs();
        if (second == VirtualTime.NEVER) {
            return longest;
        }
        long slice = lookaheadPs / 2 + jitter.nextLong(lookaheadPs / 2 + 1);
        return Math.min(second + slice, longest);
    }

    /** Something is on its way to a virtual CPU: it may have to run earlier than planned. */
    void arrivalFor(Vcpu vcpu) {
        if (vcpu != current) {
            queue.set(vcpu.index(), vcpu.nextPs());
        }
    }

    /** The virtual CPU whose slice it is, or null while a device's event is being carried out. */
    @Nullable
    Vcpu current() {
        return current;
    }

    Vcpu currentVcpu() {
        Vcpu vcpu = current;
        if (vcpu == null) {
            throw new IllegalStateException("no virtual CPU is running");
        }
        return vcpu;
    }

    /** Makes the running virtual CPU return from its slice. */
    void stopCurrent() {
        Vcpu vcpu = current;
        if (vcpu != null) {
            vcpu.cpu().requestStop();
        }
    }

    /** The present instant in nanoseconds. */
    long nowNanos() {
        return nowPs() / VirtualTime.PS_PER_NANOSECOND;
    }

    /** The present instant: that of the running virtual CPU or of the event. */
    long nowPs() {
        return current == null ? eventPs : current.nowPs();
    }
}
