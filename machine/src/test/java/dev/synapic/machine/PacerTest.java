// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.schedule.VirtualTime;
import org.junit.jupiter.api.Test;

/** The wall clock is one that only waiting and working move. */
class PacerTest {
    private static final long MS = 1_000_000;
    private static final long PS_PER_NS = 1_000;

    private long wall = 7_000_000_000L;
    private boolean stopped;
    private final Typist nobody = new Typist(Long.MAX_VALUE);

    /** Somebody who types one key at an instant. */
    private final class Typist implements ConsoleInput {
        private final long keyNanos;

        Typist(long keyNanos) {
            this.keyNanos = keyNanos;
        }

        @Override
        public boolean ready() {
            return wall >= keyNanos;
        }

        @Override
        public boolean open() {
            return true;
        }

        @Override
        public boolean await() {
            throw new IllegalStateException("waits without an end");
        }

        @Override
        public boolean await(long nanos) {
            wall = Math.clamp(keyNanos, wall, wall + nanos);
            return ready();
        }

        @Override
        public int next() {
            return 'k';
        }
    }

    private Pacer pacer(Pace pace) {
        return new Pacer(pace, () -> wall, () -> stopped);
    }

    private static long ps(double ms) {
        return ((long) (ms * MS)) * PS_PER_NS;
    }

    private double waited(Pacer pacer, double nowMs, double nextMs) {
        long before = wall;
        assertThat(pacer.await(ps(nowMs), ps(nextMs), nobody)).isEqualTo(ps(nextMs));
        return (double) (wall - before) / MS;
    }

    @Test
    void inRealTimeASecondTakesASecond() {
        Pacer pacer = pacer(Pace.REAL);
        assertThat(waited(pacer, 0, 0)).isZero();
        assertThat(waited(pacer, 0, 1000)).isEqualTo(1000);
        wall += 300 * MS;
        assertThat(waited(pacer, 1000, 2000))
                .as("the host worked for 300 ms of it")
                .isEqualTo(700);
    }

    @Test
    void whatIsTooShortToWaitForIsWaitedForLater() {
        Pacer pacer = pacer(Pace.REAL);
        assertThat(waited(pacer, 0, 0.5)).isZero();
        assertThat(waited(pacer, 0.5, 1.5)).isEqualTo(1.5);
    }

    /** Otherwise a guest that booted slowly would skip all that it sleeps, until it has caught up. */
    @Test
    void realTimeThatIsFarBehindDoesNotCatchUp() {
        Pacer pacer = pacer(Pace.REAL);
        assertThat(waited(pacer, 0, 0)).isZero();
        wall += 30_000 * MS;
        assertThat(waited(pacer, 0, 1000)).isZero();
        assertThat(waited(pacer, 1000, 2000)).isEqualTo(980);
    }

    @Test
    void whereSomebodyMayTypeWhatIsIdlePassesAsOnTheWall() {
        Pacer pacer = pacer(Pace.IDLE);
        assertThat(waited(pacer, 0, 400)).isEqualTo(400);
        wall += 5000 * MS;
        assertThat(waited(pacer, 400, 400)).as("steps of a processor that runs").isZero();
        assertThat(waited(pacer, 401, 400.5)).as("and of one that is behind").isZero();
        assertThat(waited(pacer, 402, 403.5)).isEqualTo(1.5);
    }

    @Test
    void shortIdleTimesAddUp() {
        Pacer pacer = pacer(Pace.IDLE);
        assertThat(waited(pacer, 0, 0.6)).isZero();
        assertThat(waited(pacer, 0.6, 1.2)).isEqualTo(1.2);
    }

    @Test
    void aKeyEndsTheWaitAndTellsWhenItCame() {
        for (Pace pace : new Pace[] {Pace.IDLE, Pace.REAL}) {
            Pacer pacer = pacer(pace);
            assertThat(pacer.await(ps(10), ps(110), new Typist(wall + 30 * MS)))
                    .as("%s", pace)
                    .isEqualTo(ps(40));
        }
    }

    @Test
    void aRunThatShallEndDoesNotWait() {
        Pacer pacer = pacer(Pace.REAL);
        stopped = true;
        long before = wall;
        assertThat(pacer.await(0, ps(1000), nobody)).isEqualTo(0);
        assertThat(wall).isEqualTo(before);
    }

    @Test
    void whereNothingWillHappenThereIsNoWait() {
        assertThat(pacer(Pace.REAL).await(0, VirtualTime.NEVER, nobody)).isEqualTo(VirtualTime.NEVER);
    }

    @Test
    void withoutATypistOrWithAKeyThatWaitsIdleTimeIsSkipped() {
        assertThat(pacer(Pace.IDLE).isFree(ConsoleInput.NONE)).isTrue();
        assertThat(pacer(Pace.IDLE).isFree(new Typist(0))).isTrue();
        assertThat(pacer(Pace.IDLE).isFree(nobody)).isFalse();
        assertThat(pacer(Pace.REAL).isFree(ConsoleInput.NONE)).isFalse();
        assertThat(pacer(Pace.FREE).isFree(nobody)).isTrue();
    }
}
