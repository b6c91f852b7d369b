// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** eventfd(2), as irqfd uses it. */
class EventFdTest {
    private final EventFd eventFd = new EventFd();
    private final AtomicInteger woken = new AtomicInteger();
    private final AtomicInteger hangUps = new AtomicInteger();

    private final EventFd.Waiter waiter = new EventFd.Waiter() {
        @Override
        public void signalled() {
            woken.incrementAndGet();
        }

        @Override
        public void hungUp() {
            hangUps.incrementAndGet();
        }
    };

    @Test
    void signalsAddUpUntilTheyAreRead() {
        eventFd.signal();
        eventFd.signal(4);

        assertThat(eventFd.read()).isEqualTo(5);
        assertThat(eventFd.read()).isZero();
    }

    @Test
    void counterSaturatesInsteadOfWrapping() {
        eventFd.signal(Long.MAX_VALUE - 2);
        eventFd.signal(Long.MAX_VALUE - 2);

        assertThat(eventFd.peek()).isEqualTo(Long.MAX_VALUE - 1);
    }

    @Test
    void incrementsBelowOneAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> eventFd.signal(0));
        assertThatIllegalArgumentException().isThrownBy(() -> eventFd.signal(-1));
    }

    @Test
    void exclusiveWaiterConsumesTheSignalBeforeTheListenerIsWoken() {
        AtomicInteger listened = new AtomicInteger();
        eventFd.listen(listened::incrementAndGet);
        eventFd.attach(waiter);

        eventFd.signal();

        assertThat(woken).hasValue(1);
        assertThat(listened).hasValue(0);
        assertThat(eventFd.peek()).isZero();
    }

    @Test
    void secondExclusiveWaiterIsRefusedUntilTheFirstDetaches() {
        eventFd.attach(waiter);
        EventFd.Waiter second = new EventFd.Waiter() {
            @Override
            public void signalled() {}

            @Override
            public void hungUp() {}
        };

        assertThat(eventFd.attach(second)).isFalse();
        eventFd.detach(waiter);
        assertThat(eventFd.attach(second)).isTrue();
    }

    @Test
    void countThatWaitsAtAttachIsHandedOverAtOnce() {
        eventFd.signal(3);

        eventFd.attach(waiter);

        assertThat(woken).hasValue(1);
        assertThat(eventFd.peek()).isZero();
    }

    @Test
    void closingHangsUpOnTheWaiterOnceAndSilencesSignals() {
        eventFd.attach(waiter);

        eventFd.close();
        eventFd.close();
        eventFd.signal();

        assertThat(hangUps).hasValue(1);
        assertThat(woken).hasValue(0);
    }

    @Test
    void handlerThatSignalsItselfIsFollowedInALoopNotByRecursion() {
        int[] depth = new int[1];
        int[] deepest = new int[1];
        AtomicInteger rounds = new AtomicInteger();
        eventFd.listen(() -> {
            deepest[0] = Math.max(deepest[0], ++depth[0]);
            eventFd.read();
            if (rounds.incrementAndGet() <= 10) {
                eventFd.signal();
            }
            depth[0]--;
        });

        eventFd.signal();

        assertThat(rounds).hasValue(11);
        assertThat(deepest[0]).isOne();
    }

    @Test
    void handlerThatSignalsItselfForEverEndsWithTheCountPending() {
        AtomicInteger rounds = new AtomicInteger();
        eventFd.listen(() -> {
            eventFd.read();
            rounds.incrementAndGet();
            eventFd.signal();
        });

        eventFd.signal();

        assertThat(rounds).hasValue(Turnstile.MAX_OWN_ARRIVALS + 1);
        assertThat(eventFd.peek()).as("not lost").isEqualTo(1);
    }

    @Test
    void handlerThatThrowsLeavesTheEventfdUsable() {
        eventFd.listen(() -> {
            throw new IllegalStateException("a device's own bug");
        });
        try {
            eventFd.signal();
        } catch (IllegalStateException expected) {
            // The signalling thread hears of it.
        }
        AtomicInteger listened = new AtomicInteger();
        eventFd.listen(listened::incrementAndGet);

        eventFd.signal();

        assertThat(listened).hasPositiveValue();
    }
}
