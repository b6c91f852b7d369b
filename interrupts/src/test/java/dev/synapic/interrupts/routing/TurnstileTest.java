// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Work is done by one, never recursively, and never left undone. */
class TurnstileTest {
    @Test
    @Timeout(60)
    void nothingIsLeftUndoneWhenManyArrive() throws InterruptedException {
        AtomicLong toDo = new AtomicLong();
        AtomicLong done = new AtomicLong();
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger crowd = new AtomicInteger();
        Turnstile turnstile = new Turnstile(() -> {
            crowd.accumulateAndGet(inside.incrementAndGet(), Math::max);
            done.addAndGet(toDo.getAndSet(0));
            inside.decrementAndGet();
        });
        int each = 50_000;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; n < each; n++) {
                    toDo.incrementAndGet();
                    turnstile.arrive();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(done).hasValue(3L * each);
        assertThat(crowd).hasValue(1);
    }

    @Test
    void ownArrivalsAreFollowedSoFarAndNoFurther() {
        int[] runs = new int[1];
        List<Boolean> answers = new ArrayList<>();
        Turnstile[] turnstile = new Turnstile[1];
        turnstile[0] = new Turnstile(() -> {
            runs[0]++;
            answers.add(turnstile[0].arrive());
        });

        assertThat(turnstile[0].arrive()).isTrue();

        assertThat(runs[0]).isEqualTo(Turnstile.MAX_OWN_ARRIVALS + 1);
        assertThat(answers).endsWith(true, false);
        assertThat(turnstile[0].arrive())
                .as("the next one from outside starts anew")
                .isTrue();
        assertThat(runs[0]).isEqualTo(2 * (Turnstile.MAX_OWN_ARRIVALS + 1));
    }

    /** A busy machine is no storm: whoever comes from outside gives the runner its allowance back. */
    @Test
    @Timeout(60)
    void arrivalsFromOutsideRenewTheAllowance() throws InterruptedException {
        CountDownLatch halfWay = new CountDownLatch(1);
        CountDownLatch visited = new CountDownLatch(1);
        int[] runs = new int[1];
        int[] refused = new int[1];
        Turnstile[] turnstile = new Turnstile[1];
        turnstile[0] = new Turnstile(() -> {
            runs[0]++;
            if (runs[0] == 40) {
                halfWay.countDown();
                await(visited);
            }
            if (runs[0] < 90 && !turnstile[0].arrive()) {
                refused[0]++;
            }
        });
        Thread visitor = Thread.ofPlatform().start(() -> {
            await(halfWay);
            turnstile[0].arrive();
            visited.countDown();
        });

        turnstile[0].arrive();
        visitor.join();

        assertThat(refused[0]).isZero();
        assertThat(runs[0]).isGreaterThanOrEqualTo(90);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void failureIsTheRunnersAndComesAfterTheWork() {
        int[] runs = new int[1];
        Turnstile[] turnstile = new Turnstile[1];
        turnstile[0] = new Turnstile(() -> {
            if (runs[0]++ == 0) {
                turnstile[0].arrive();
                throw new IllegalStateException("first");
            }
        });

        assertThatThrownBy(() -> turnstile[0].arrive()).hasMessage("first");

        assertThat(runs[0]).isEqualTo(2);
        assertThat(turnstile[0].arrive()).isTrue();
        assertThat(runs[0]).isEqualTo(3);
    }
}
