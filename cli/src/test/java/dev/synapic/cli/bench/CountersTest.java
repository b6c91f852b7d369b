// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CountersTest {
    private static List<Long> exits(Map<ExitReason, Long> counts) {
        return Arrays.stream(ExitReason.values())
                .map(reason -> counts.getOrDefault(reason, 0L))
                .toList();
    }

    @Test
    void theExitOfTheEndMarkIsNotMeasured() {
        // Each OUT counts its exit before the mark is seen: the first is in both, the second only in the later reading.
        Counters begin = new Counters(exits(Map.of(ExitReason.IO_INSTRUCTION, 7L)), exits(Map.of()), 0, 0, 0, 100);
        Counters end = new Counters(exits(Map.of(ExitReason.IO_INSTRUCTION, 8L)), exits(Map.of()), 0, 0, 0, 150);

        Counters measured = end.sinceMark(begin);

        assertThat(measured.byReason()).isEmpty();
        assertThat(measured.hostNanos()).isEqualTo(50);
    }

    @Test
    void whatWasCountedBeforeTheMarkIsTakenAway() {
        Counters begin = new Counters(
                exits(Map.of(ExitReason.MSR_WRITE, 10L, ExitReason.IO_INSTRUCTION, 1L)),
                exits(Map.of(ExitReason.HLT, 3L)),
                9,
                5,
                1,
                0);
        Counters end = new Counters(
                exits(Map.of(
                        ExitReason.MSR_WRITE, 110L, ExitReason.IO_INSTRUCTION, 2L, ExitReason.PAUSE_INSTRUCTION, 4L)),
                exits(Map.of(ExitReason.HLT, 103L, ExitReason.EXTERNAL_INTERRUPT, 6L)),
                59,
                105,
                3,
                0);

        Counters measured = end.sinceMark(begin);

        assertThat(measured.byReason())
                .isEqualTo(Map.of(
                        ExitReason.MSR_WRITE,
                        100L,
                        ExitReason.HLT,
                        100L,
                        ExitReason.PAUSE_INSTRUCTION,
                        4L,
                        ExitReason.EXTERNAL_INTERRUPT,
                        6L));
        assertThat(measured.sending()).isEqualTo(50);
        assertThat(measured.exitsOfReceivers()).isEqualTo(106);
        assertThat(measured.accepted()).isEqualTo(100);
        assertThat(measured.coalesced()).isEqualTo(2);
        assertThat(measured.exits(false)).isEqualTo(200);
        assertThat(measured.exits(true)).isEqualTo(10);
    }
}
