// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * CPUID against the instructions themselves: what a model announces executes, what it does not is #UD (SDM vol. 2, each
 * instruction's "CPUID feature flag"). The guest has no IDT: an exception is a triple fault.
 */
class CpuidAuditTest {
    /** CR4.OSFXSR, OSXMMEXCPT, OSXSAVE and SMAP, ESI on 64 aligned bytes of RAM, ECX and EDX 0. */
    private static final String PREPARE = "b800062400 0f22e0 be00002000 31c9 31d2 31c0\n";

    private static final String EXIT = "31c0 e6f4\n";

    private static boolean executes(String cpu, String prepare, String instruction) {
        try (Machine machine = new Machine(
                MachineConfig.standard().withCpu(CpuModel.parse(cpu, "none")).withMaxVirtualPs(1_000_000_000L))) {
            machine.loadMultiboot("audit", TinyGuest.of(prepare + instruction + "\n" + EXIT), "");
            RunResult.Outcome outcome = machine.run().outcome();
            assertThat(outcome).isIn(RunResult.Outcome.GUEST_EXIT, RunResult.Outcome.TRIPLE_FAULT);
            return outcome == RunResult.Outcome.GUEST_EXIT;
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "monitor, 89f0 0f01c8",
        "movbe, 0f38f006",
        "popcnt, f30fb8c0",
        "rdrand, 0fc7f0",
        "rdseed, 0fc7f8",
        "rdtscp, 0f01f9",
        "rdpid, f30fc7f8",
        "invpcid, b802000000 660f388206",
        "smap, 0f01cb 0f01ca",
    })
    void anInstructionIsThereExactlyWhereItIsAnnounced(String flag, String instruction) {
        assertThat(executes("max,+" + flag, PREPARE, instruction))
                .as("announced")
                .isTrue();
        assertThat(executes("max,-" + flag, PREPARE.replace("b800062400", "b800060400"), instruction))
                .as("not announced")
                .isFalse();
    }

    /** What every model has, or has no switch that takes the instruction away: the caches' instructions, CMOV, x87 to SSE3. */
    @ParameterizedTest
    @CsvSource({
        "0fae3e",
        "660fae3e",
        "660fae36",
        "0f0d0e",
        "0f44c0",
        "0fc70e",
        "0f77",
        "d9e8",
        "0fae06",
        "0f57c0",
        "660fefc0",
        "f20f12c0",
        "660f7cc0",
        "0f31",
        "b91b000000 0f32",
        "0f01d0",
        "0fae26",
        "0fae36",
        "f30fbdc0",
        "0fa2",
    })
    void anInstructionThatMaxAnnouncesIsThere(String instruction) {
        assertThat(executes("max", PREPARE, instruction)).isTrue();
    }

    @ParameterizedTest(name = "CR4 bit {1} for {0}")
    @CsvSource({"de, 3", "xsave, 18", "fsgsbase, 16", "smep, 20", "smap, 21", "umip, 11", "mce, 6"})
    void aBitOfCr4IsThereExactlyWhereItsFeatureIsAnnounced(String flag, int bit) {
        String set = "b8%02x%02x%02x00 0f22e0".formatted(1 << bit & 0xFF, 1 << bit >> 8 & 0xFF, 1 << bit >> 16);
        assertThat(executes("max,+" + flag, "", set)).as("announced").isTrue();
        assertThat(executes("max,-" + flag, "", set)).as("not announced").isFalse();
    }

    /** What no model announces: SSSE3, SSE4, AES, CLMUL, SHA, GFNI, ADX, BMI, AVX, XSAVEC, RDPRU, SERIALIZE, PKU, VMX, SVM. */
    @ParameterizedTest
    @CsvSource({
        "660f3800c0",
        "660f3a0ac000",
        "f20f38f0c0",
        "660f38dcc0",
        "660f3a44c000",
        "0f38c8c0",
        "660f38cfc0",
        "660f38f6c0",
        "c4e278f2c0",
        "c5f877",
        "c5f857c0",
        "0fc726",
        "0fc72e",
        "0f01fd",
        "0f01e8",
        "0f01ee",
        "0f01c2",
        "0f01d8",
        "0f01d5",
        "0f0f0ebf",
    })
    void anInstructionThatNoModelAnnouncesIsUndefined(String instruction) {
        assertThat(executes("max", PREPARE, instruction)).isFalse();
    }
}
