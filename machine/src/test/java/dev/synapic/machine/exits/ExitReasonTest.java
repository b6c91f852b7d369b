// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.exits;

import static dev.synapic.machine.exits.ExitReason.AVIC_INCOMPLETE_IPI;
import static dev.synapic.machine.exits.ExitReason.EXTERNAL_INTERRUPT;
import static dev.synapic.machine.exits.ExitReason.PAUSE_INSTRUCTION;
import static dev.synapic.machine.exits.ExitReason.PENDING_INTERRUPT;
import static dev.synapic.machine.exits.ExitReason.PREEMPTION_TIMER;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ExitReasonTest {
    /** Design decision D7: exits that follow from the guest's code are exact; those that depend on modelled timing say so. */
    @Test
    void onlyExitsThatDependOnTimingAreModelled() {
        assertThat(Stream.of(ExitReason.values()).filter(ExitReason::modelled))
                .containsExactlyInAnyOrder(
                        AVIC_INCOMPLETE_IPI,
                        EXTERNAL_INTERRUPT,
                        PENDING_INTERRUPT,
                        PAUSE_INSTRUCTION,
                        PREEMPTION_TIMER);
    }
}
