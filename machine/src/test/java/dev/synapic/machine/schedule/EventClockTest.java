// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.device.DeviceTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventClockTest {
    private final DeviceTime time = new DeviceTime();
    private final List<Long> calls = new ArrayList<>();
    private final DeviceTimer timer = time.timer(() -> calls.add(time.nowPs()));

    @Test
    void aTimerGoesOffOnceAtItsTime() {
        timer.set(500);
        time.pass(499);
        assertThat(calls).isEmpty();
        time.pass(1_000);
        assertThat(calls).containsExactly(500L);
        assertThat(time.idle()).isTrue();
    }

    @Test
    void theLatestSettingCountsWhetherEarlierOrLater() {
        timer.set(500);
        timer.set(900);
        timer.set(200);
        timer.set(700);
        time.pass(1_000);
        assertThat(calls).containsExactly(700L);
    }

    @Test
    void neverCancels() {
        timer.set(500);
        timer.set(VirtualTime.NEVER);
        time.pass(1_000);
        assertThat(calls).isEmpty();
    }

    @Test
    void aTimerThatIsPutOffAgainAndAgainIsPlannedOnce() {
        EventQueue events = new EventQueue();
        DeviceTimer late = new EventClock(events, () -> 0).timer(() -> {});
        for (int i = 0; i < 1_000; i++) {
            late.set(100 + i);
        }
        events.runNext();
        assertThat(events.nextPs()).isEqualTo(1_099);
        events.runNext();
        assertThat(events.nextPs()).isEqualTo(VirtualTime.NEVER);
    }

    @Test
    void anActionMaySetItsTimerAgain() {
        DeviceTimer[] periodic = new DeviceTimer[1];
        periodic[0] = time.timer(() -> {
            calls.add(time.nowPs());
            periodic[0].set(time.nowPs() + 100);
        });
        periodic[0].set(100);
        time.pass(350);
        assertThat(calls).containsExactly(100L, 200L, 300L);
    }

    /** 3.579545 MHz: ACPI 6.5, 4.8.3.3. A tick's first picosecond is the first that shows it. */
    @Test
    void aFrequencyKnowsTheFirstPicosecondOfEachTick() {
        Frequency pmTimer = new Frequency(3_579_545);
        assertThat(pmTimer.ticks(1_000_000_000_000L)).isEqualTo(3_579_545);
        for (long tick : new long[] {1, 2, 3_579_544, 3_579_545, 3_579_546, 1L << 40}) {
            long ps = pmTimer.psAt(tick);
            assertThat(pmTimer.ticks(ps)).isEqualTo(tick);
            assertThat(pmTimer.ticks(ps - 1)).isEqualTo(tick - 1);
        }
        assertThat(pmTimer.psAt(Long.MAX_VALUE)).isEqualTo(VirtualTime.NEVER);
    }
}
