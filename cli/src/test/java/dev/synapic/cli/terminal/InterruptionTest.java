// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InterruptionTest {
    private final Interruption interruption = new Interruption();
    private final AtomicInteger stopped = new AtomicInteger();

    @Test
    void stopsWhatRuns() {
        String result = interruption.during(stopped::incrementAndGet, () -> {
            interruption.request();
            return "the report so far";
        });
        assertThat(result).isEqualTo("the report so far");
        assertThat(stopped).hasValue(1);
    }

    @Test
    void stopsWhatStartsTooLate() {
        interruption.request();
        interruption.during(stopped::incrementAndGet, () -> "");
        assertThat(stopped).hasValue(1);
    }

    @Test
    void leavesAloneWhatIsDone() {
        interruption.during(stopped::incrementAndGet, () -> "");
        interruption.request();
        assertThat(stopped).hasValue(0);
        assertThat(interruption.requested()).isTrue();
    }
}
