// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against the IA-PC HPET Specification 1.0a, 2.3. */
class HpetTest {
    private static final int CONFIGURATION = 0x10;
    private static final int STATUS = 0x20;
    private static final int COUNTER = 0xF0;
    private static final long MICROSECOND = DeviceTime.MICROSECOND;
    private static final int ENABLED = 1 << 2;
    private static final int LEVEL = 1 << 1;
    private static final int PERIODIC = 1 << 3;
    private static final int VAL_SET = 1 << 6;
    private static final int MODE_32 = 1 << 8;
    private static final int FSB = 1 << 14;
    private static final int ROUTE_20 = 20 << 9;

    private final DeviceTime time = new DeviceTime();
    private final List<String> seen = new ArrayList<>();
    private final Hpet hpet = hpet();

    private Hpet hpet() {
        return new Hpet(
                time,
                List.of(
                        (n, on) -> seen.add("0:" + n + (on ? "+" : "-")),
                        (n, on) -> seen.add("1:" + n + (on ? "+" : "-")),
                        (n, on) -> seen.add("2:" + n + (on ? "+" : "-"))),
                (address, data) -> {
                    seen.add("msi %x %x".formatted(address, data));
                    return 1;
                },
                on -> seen.add("legacy " + on));
    }

    private void write(int offset, long value) {
        hpet.write(offset, 8, value);
    }

    private void timer(int number, long configuration, long comparator) {
        write(0x100 + number * 0x20, configuration);
        write(0x108 + number * 0x20, comparator);
    }

    @Test
    void theCapabilitiesTellThreeTimersAndTenNanoseconds() {
        long capabilities = hpet.read(0, 8);
        assertThat(capabilities >>> 32).as("femtoseconds").isEqualTo(10_000_000);
        assertThat((int) capabilities).isEqualTo(0x8086_A201);
        assertThat(hpet.read(4, 4)).isEqualTo(10_000_000);
        assertThat(hpet.read(0x100, 8) >>> 32).as("inputs 2, 20 to 23").isEqualTo(0xF0_0004);
    }

    @Test
    void theCounterRunsWhileEnabledAndIsWrittenWhileHalted() {
        time.pass(MICROSECOND);
        assertThat(hpet.read(COUNTER, 8)).isZero();
        write(COUNTER, 1_000);
        write(CONFIGURATION, 1);
        time.pass(MICROSECOND);
        assertThat(hpet.read(COUNTER, 8)).isEqualTo(1_100);
        write(CONFIGURATION, 0);
        time.pass(MICROSECOND);
        assertThat(hpet.read(COUNTER, 4)).isEqualTo(1_100);
    }

    @Test
    void aOneShotTimerPulsesItsRouteOnce() {
        timer(2, ENABLED | ROUTE_20, 50);
        write(CONFIGURATION, 1);
        time.pass(499_999);
        assertThat(seen).isEmpty();
        time.pass(1);
        assertThat(seen).containsExactly("2:20+", "2:20-");
        time.pass(DeviceTime.SECOND);
        assertThat(seen).hasSize(2);
    }

    @Test
    void aThirtyTwoBitTimerMatchesAgainAfterATurn() {
        timer(0, ENABLED | ROUTE_20 | MODE_32, 50);
        write(CONFIGURATION, 1);
        time.pass(MICROSECOND);
        assertThat(seen).hasSize(2);
        time.pass((1L << 32) * 10_000);
        assertThat(seen).hasSize(4);
    }

    /** 2.3.9.2.2: with VAL_SET a write is the first match, every write is the period. */
    @Test
    void aPeriodicTimerGoesOnByThePeriod() {
        timer(0, ENABLED | ROUTE_20 | PERIODIC | VAL_SET, 300);
        write(0x108, 100);
        assertThat(hpet.read(0x108, 8)).isEqualTo(300);
        write(CONFIGURATION, 1);
        time.pass(3 * MICROSECOND);
        assertThat(seen).hasSize(2);
        time.pass(2 * MICROSECOND);
        assertThat(seen).hasSize(6);
        assertThat(hpet.read(0x108, 8)).as("the comparator is the next match").isEqualTo(600);
    }

    @Test
    void aLevelTriggeredTimerHoldsItsLineUntilItsStatusIsCleared() {
        timer(1, ENABLED | LEVEL | ROUTE_20, 10);
        write(CONFIGURATION, 1);
        time.pass(MICROSECOND);
        assertThat(seen).containsExactly("1:20+");
        assertThat(hpet.read(STATUS, 4)).isEqualTo(2);
        hpet.write(STATUS, 4, 2);
        assertThat(seen).containsExactly("1:20+", "1:20-");
    }

    @Test
    void legacyReplacementTakesGsiZeroAndEight() {
        timer(0, ENABLED, 10);
        timer(1, ENABLED, 20);
        write(CONFIGURATION, 3);
        time.pass(MICROSECOND);
        assertThat(seen).containsExactly("legacy true", "0:0+", "0:0-", "1:8+", "1:8-");
        write(CONFIGURATION, 1);
        assertThat(seen).endsWith("legacy false");
    }

    @Test
    void aTimerMaySendAMessageInstead() {
        timer(0, ENABLED | FSB, 10);
        write(0x110, 0xFEE0_1000L << 32 | 0x41);
        write(CONFIGURATION, 1);
        time.pass(MICROSECOND);
        assertThat(seen).containsExactly("msi fee01000 41");
    }

    @Test
    void aRouteThatTheTimerDoesNotHaveIsNotTaken() {
        write(0x100, ENABLED | 5 << 9);
        assertThat(hpet.read(0x100, 4) >> 9 & 0x1F).isZero();
        write(0x100, ENABLED | ROUTE_20);
        assertThat(hpet.read(0x100, 4) >> 9 & 0x1F).isEqualTo(20);
    }

    @Test
    void aTimerThatIsNotEnabledOrHaltedIsSilent() {
        timer(0, ROUTE_20, 10);
        time.pass(MICROSECOND);
        write(CONFIGURATION, 1);
        time.pass(MICROSECOND);
        assertThat(seen).isEmpty();
    }

    @Test
    void restoreOfSaveIsTheSameDevice() {
        timer(0, ENABLED | PERIODIC | VAL_SET | ROUTE_20, 100);
        timer(1, ENABLED | LEVEL | ROUTE_20, 10);
        write(CONFIGURATION, 1);
        time.pass(MICROSECOND / 2);
        HpetState saved = hpet.save();
        seen.clear();
        Hpet other = hpet();
        other.restore(saved);
        assertThat(other.save()).isEqualTo(saved);
        assertThat(seen).as("the level is there again").containsExactly("1:20+");
        hpet.reset();
        seen.clear();
        time.pass(MICROSECOND / 2);
        assertThat(seen).as("one of the two still runs").containsExactly("0:20+", "0:20-");
        assertThat(hpet.save().timers()).isEqualTo(hpet().save().timers());
    }
}
