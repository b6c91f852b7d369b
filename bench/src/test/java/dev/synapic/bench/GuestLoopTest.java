// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A benchmark of wrong results would be worth nothing. */
class GuestLoopTest {
    /** The results are those of the same C, compiled for and run by the processor at hand. */
    @ParameterizedTest
    @CsvSource({"MIXED, 4dd65f718f9731ae", "SHA, eb9d688b618b8474", "MEMORY, ee2ef336e1354382", "CALLS, 179", "PAGES, 3"
    })
    void threeRoundsOfALoopGiveWhatARealProcessorGives(GuestLoop loop, String result) {
        try (LoopMachine machine = new LoopMachine(loop, 3)) {
            assertThat(Long.toHexString(machine.runToEnd())).isEqualTo(result);
            assertThat(machine.in64BitMode()).isTrue();
        }
    }

    @Test
    void anEndlessLoopRetiresExactlyWhatWasAskedFor() {
        try (LoopMachine machine = new LoopMachine(GuestLoop.MIXED, 0)) {
            machine.run(1_000_000);
            assertThat(machine.retiredInstructions()).isEqualTo(1_000_000);
        }
    }

    @Test
    void theGuestsImagesHoldCodeToDecode() {
        assertThat(GuestCode.ofAllImages()).hasSizeGreaterThan(3).allMatch(code -> code.bytes().length > 1000);
    }
}
