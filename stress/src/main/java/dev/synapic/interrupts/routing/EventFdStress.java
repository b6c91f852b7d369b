// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** "Waiter and listener run on a signalling thread, one call at a time"; signals are not lost; and what they stand on. */
public final class EventFdStress {
    private EventFdStress() {}

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    /** Counts its calls, and those that found another one under way. */
    private static final class CountingWaiter implements EventFd.Waiter {
        final AtomicInteger inside = new AtomicInteger();
        final AtomicInteger overlaps = new AtomicInteger();
        final AtomicInteger hangUps = new AtomicInteger();
        /** Written one call at a time, so it needs no more than that. */
        int calls;

        @Override
        public void signalled() {
            if (inside.getAndIncrement() != 0) {
                overlaps.incrementAndGet();
            }
            calls++;
            inside.decrementAndGet();
        }

        @Override
        public void hungUp() {
            hangUps.incrementAndGet();
        }
    }

    /** r1: calls of the waiter; r2: calls within another; r3: what is left in the counter. */
    @JCStressTest
    @Outcome(
            id = {"1, 0, 0", "2, 0, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "Heard, one after the other or as one.")
    @Outcome(id = "0, 0, 2", expect = Expect.FORBIDDEN, desc = "Signals wait and nobody comes.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Lost, or two calls at a time.")
    @State
    public static class TwoSignals {
        private final EventFd eventFd = new EventFd();
        private final CountingWaiter waiter = new CountingWaiter();

        public TwoSignals() {
            eventFd.attach(waiter);
        }

        @Actor
        public void one() {
            eventFd.signal();
        }

        @Actor
        public void other() {
            eventFd.signal();
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r1 = waiter.calls;
            r.r2 = waiter.overlaps.get();
            r.r3 = (int) eventFd.read();
        }
    }

    /** r1: calls of the waiter; r2: what is left in the counter. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Handed over, by the signal or by the attachment.")
    @Outcome(id = "0, 1", expect = Expect.FORBIDDEN, desc = "It waits, and neither saw the other.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Lost, or heard twice.")
    @State
    public static class SignalAgainstAttach {
        private final EventFd eventFd = new EventFd();
        private final CountingWaiter waiter = new CountingWaiter();

        @Actor
        public void device() {
            eventFd.signal();
        }

        @Actor
        public void owner() {
            eventFd.attach(waiter);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = waiter.calls;
            r.r2 = (int) eventFd.read();
        }
    }

    /** r1: attached; r2: hang-ups that the waiter heard; r3: a waiter is left. */
    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "Attached, then hung up.")
    @Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "Closed before.")
    @Outcome(id = "1, 0, 1", expect = Expect.FORBIDDEN, desc = "Attached to a closed eventfd for ever.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A hang-up too many or too few.")
    @State
    public static class CloseAgainstAttach {
        private final EventFd eventFd = new EventFd();
        private final CountingWaiter waiter = new CountingWaiter();

        @Actor
        public void device() {
            eventFd.close();
        }

        @Actor
        public void owner(III_Result r) {
            r.r1 = flag(eventFd.attach(waiter));
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r2 = waiter.hangUps.get();
            r.r3 = flag(eventFd.hasWaiter());
        }
    }

    /** r1: passes that found work; r2: work that was left; r3: passes within another. */
    @JCStressTest
    @Outcome(
            id = {"1, 0, 0", "2, 0, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "All work was done by one at a time.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Work was left undone, or done by two at a time.")
    @State
    public static class TurnstileArrivals {
        private final AtomicInteger places = new AtomicInteger();
        private final AtomicInteger inside = new AtomicInteger();
        private int overlaps;
        private int passes;

        private final Turnstile turnstile = new Turnstile(this::work);

        private void work() {
            if (inside.getAndIncrement() != 0) {
                overlaps++;
            }
            if (places.getAndSet(0) != 0) {
                passes++;
            }
            inside.decrementAndGet();
        }

        private void arrive(int place) {
            places.getAndUpdate(old -> old | place);
            turnstile.arrive();
        }

        @Actor
        public void one() {
            arrive(1);
        }

        @Actor
        public void other() {
            arrive(2);
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r1 = passes;
            r.r2 = places.get();
            r.r3 = overlaps;
        }
    }
}
