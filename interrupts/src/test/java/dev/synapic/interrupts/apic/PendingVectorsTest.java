// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The mailbox alone: what one thread sees, and that several threads lose nothing. */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@SuppressWarnings("ThreadPriorityCheck") // yield keeps a machine with one core going; nothing is concluded from it
class PendingVectorsTest {
    private final PendingVectors mailbox = new PendingVectors();

    @Test
    void nothingPostedIsNoWork() {
        assertThat(mailbox.hasWork()).isFalse();
        assertThat(mailbox.take(0)).isZero();
        assertThat(mailbox.takeEvents()).isZero();
    }

    @Test
    void everyVectorComesOutOnceWithItsTriggerMode() {
        for (int vector = 0; vector < 256; vector++) {
            assertThat(mailbox.post(vector, vector % 3 == 0)).isFalse();
            assertThat(mailbox.post(vector, vector % 3 == 0)).isTrue();
            assertThat(mailbox.hasWork()).isTrue();
            mailbox.beginTake();
            int word = vector >> 6;
            assertThat(mailbox.take(word)).isEqualTo(1L << vector);
            assertThat((mailbox.levels(word) >>> vector & 1) != 0).isEqualTo(vector % 3 == 0);
            assertThat(mailbox.take(word)).isZero();
            assertThat(mailbox.hasWork()).isFalse();
        }
    }

    @Test
    void discardedVectorsAreGoneAndEventsStay() {
        mailbox.post(200, false);
        mailbox.postNmi();
        mailbox.discardVectors();
        assertThat(mailbox.take(3)).isZero();
        assertThat(mailbox.takeEvents()).isEqualTo(1);
    }

    /** Several posters toggle vectors of their own and wait for each to be taken: a lost bit would be a hang. */
    @Test
    void noVectorIsStrandedBetweenPostersAndTheOwner() throws InterruptedException {
        int posters = 3;
        int rounds = 20_000;
        AtomicIntegerArray taken = new AtomicIntegerArray(256);
        AtomicInteger running = new AtomicInteger(posters);
        Thread[] threads = new Thread[posters];
        for (int p = 0; p < posters; p++) {
            int first = 16 + 70 * p;
            threads[p] = Thread.ofPlatform().start(() -> {
                for (int round = 1; round <= rounds; round++) {
                    int vector = first + round % 60;
                    int before = taken.get(vector);
                    mailbox.post(vector, (round & 1) != 0);
                    while (taken.get(vector) == before) {
                        Thread.onSpinWait();
                    }
                }
                running.decrementAndGet();
            });
        }
        int total = 0;
        while (running.get() > 0 || mailbox.hasWork()) {
            total += takeAll(taken);
            Thread.onSpinWait();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(total).isEqualTo(posters * rounds);
    }

    /** One poster against an owner that looks all the time: the window between the hint and the bit is hit often. */
    @Test
    void noVectorIsStrandedWhenTheOwnerTakesBetweenHintAndBit() {
        int rounds = 30_000;
        AtomicIntegerArray taken = new AtomicIntegerArray(256);
        AtomicInteger running = new AtomicInteger(1);
        Thread.ofPlatform().start(() -> {
            for (int round = 0; round < rounds; round++) {
                mailbox.post(0x80, false);
                for (int spins = 1; taken.get(0x80) <= round; spins++) {
                    pause(spins);
                }
            }
            running.decrementAndGet();
        });
        for (int spins = 1; running.get() > 0; spins++) {
            if (takeAll(taken) == 0) {
                pause(spins);
            }
        }
        assertThat(taken.get(0x80)).isEqualTo(rounds);
    }

    /** Spins, and now and then lets the other side run where there is one core only. */
    private static void pause(int spins) {
        if ((spins & 0x3FF) == 0) {
            Thread.yield();
        } else {
            Thread.onSpinWait();
        }
    }

    private int takeAll(AtomicIntegerArray taken) {
        if (!mailbox.hasWork()) {
            return 0;
        }
        mailbox.beginTake();
        int total = 0;
        for (int i = 0; i < 4; i++) {
            for (long bits = mailbox.take(i); bits != 0; bits &= bits - 1) {
                taken.incrementAndGet(i * 64 + Long.numberOfTrailingZeros(bits));
                total++;
            }
        }
        return total;
    }

    /** All post one vector: whoever did not merge was taken exactly once. */
    @Test
    void mergedAndFreshPostsAddUp() throws Exception {
        int posters = 3;
        int rounds = 30_000;
        AtomicInteger fresh = new AtomicInteger();
        AtomicInteger running = new AtomicInteger(posters);
        CyclicBarrier start = new CyclicBarrier(posters + 1);
        for (int p = 0; p < posters; p++) {
            Thread.ofPlatform().start(() -> {
                await(start);
                for (int round = 0; round < rounds; round++) {
                    if (!mailbox.post(0x80, false)) {
                        fresh.incrementAndGet();
                    }
                }
                running.decrementAndGet();
            });
        }
        await(start);
        AtomicIntegerArray taken = new AtomicIntegerArray(256);
        while (running.get() > 0 || mailbox.hasWork()) {
            takeAll(taken);
            Thread.onSpinWait();
        }
        assertThat(taken.get(0x80)).isEqualTo(fresh.get());
    }

    /** INIT and SIPI by one thread, NMIs by another: each INIT and each SIPI is taken once. */
    @Test
    void eventsOfDifferentKindsDoNotEatEachOther() throws Exception {
        int rounds = 20_000;
        AtomicInteger inits = new AtomicInteger();
        AtomicInteger sipis = new AtomicInteger();
        AtomicInteger running = new AtomicInteger(2);
        Thread.ofPlatform().start(() -> {
            for (int round = 0; round < rounds; round++) {
                int before = inits.get();
                mailbox.postInit();
                mailbox.postSipi(round & 0xFF);
                while (inits.get() == before || sipis.get() == before) {
                    Thread.onSpinWait();
                }
            }
            running.decrementAndGet();
        });
        Thread.ofPlatform().start(() -> {
            for (int round = 0; round < rounds; round++) {
                mailbox.postNmi();
            }
            running.decrementAndGet();
        });
        int nmis = 0;
        while (running.get() > 0 || mailbox.hasWork()) {
            if (!mailbox.hasWork()) {
                Thread.onSpinWait();
                continue;
            }
            mailbox.beginTake();
            int word = mailbox.takeEvents();
            if ((word & PendingVectors.SIPI) != 0) {
                sipis.incrementAndGet();
            }
            nmis += word & PendingVectors.NMI_COUNT;
            if ((word & PendingVectors.INIT) != 0) {
                inits.incrementAndGet();
            }
        }
        assertThat(inits.get()).isEqualTo(rounds);
        assertThat(sipis.get()).isEqualTo(rounds);
        assertThat(nmis).isBetween(1, rounds);
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
