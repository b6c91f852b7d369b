// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Some thousand random steps against the KVM of this host; {@code kvmcheck/run} has more. */
class KvmCrossCheckTest {
    private static final long FIRST_SEED = 1;
    private static final int MACHINES = 6;
    private static final int STEPS = 400;

    @BeforeAll
    static void needsKvm() {
        Optional<String> reason = Kvm.unavailable();
        assumeTrue(reason.isEmpty(), () -> reason.orElse(""));
    }

    @ParameterizedTest
    @EnumSource
    void ourFabricDoesWhatKvmDoes(RandomSteps.Modes modes) {
        try (Kvm kvm = new Kvm()) {
            for (long seed = FIRST_SEED; seed < FIRST_SEED + MACHINES; seed++) {
                Shape shape = Shape.of(1 + (int) (seed * 5 % Shape.MAX_VCPUS), 1);
                Comparison comparison = new Comparison(of -> new KvmSide(kvm, of), shape, number -> {});
                assertThat(comparison.run(RandomSteps.of(seed, STEPS, shape, modes)))
                        .as("seed " + seed + ", " + shape.vcpus() + " vCPUs, " + modes)
                        .isEmpty();
            }
        }
    }
}
