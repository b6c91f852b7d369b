// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each fuzzer runs its committed inputs, which are reproducers of bugs that were and seeds that lead far, and a few random
 * ones. -Dsynapic.seed=n repeats a failure; what failed is kept under target/found.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FuzzersTest {
    private static final int RANDOM_INPUTS = 300;
    private static final int LONGEST_INPUT = 512;
    private static final int RANDOM_SEQUENCES = 6;
    private static final int STEPS = 300;
    private static final long SEED = Long.getLong("synapic.seed", System.nanoTime());
    private static final Places PLACES =
            new Places(Path.of(System.getProperty("synapic.root", "..")).toAbsolutePath());

    static List<Fuzzer> targets() {
        return Fuzzer.ALL.stream().filter(Fuzzer::takesBytes).toList();
    }

    static List<Fuzzer> comparisons() {
        return Fuzzer.ALL.stream().filter(fuzzer -> !fuzzer.takesBytes()).toList();
    }

    @ParameterizedTest
    @MethodSource("targets")
    void targetStandsItsCommittedInputs(Fuzzer fuzzer) throws IOException {
        for (Path file : Places.files(PLACES.committed(fuzzer))) {
            run(fuzzer, Files.readAllBytes(file), file.toString());
        }
    }

    @ParameterizedTest
    @MethodSource("targets")
    void targetStandsRandomInputs(Fuzzer fuzzer) throws IOException {
        System.out.println(fuzzer.name() + ": -Dsynapic.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < RANDOM_INPUTS; i++) {
            byte[] input = new byte[random.nextInt(LONGEST_INPUT)];
            random.nextBytes(input);
            run(fuzzer, input, "-Dsynapic.seed=" + SEED + ", input " + i);
        }
    }

    private static void run(Fuzzer fuzzer, byte[] input, String name) throws IOException {
        try {
            fuzzer.target().run(input);
        } catch (RuntimeException | AssertionError thrown) {
            Path file = PLACES.found(fuzzer).resolve("input");
            Files.createDirectories(file.getParent());
            Files.write(file, input);
            throw new AssertionError(name + ", kept as " + file, thrown);
        }
    }

    @ParameterizedTest
    @MethodSource("comparisons")
    void sidesAgreeOnCommittedSequences(Fuzzer fuzzer) throws IOException {
        for (Path file : Places.files(PLACES.committed(fuzzer))) {
            assertThat(Reproducer.read(file).run(fuzzer.maker(), Heartbeat.NONE))
                    .as(file.toString())
                    .isNull();
        }
    }

    @ParameterizedTest
    @MethodSource("comparisons")
    void sidesAgreeOnRandomSequences(Fuzzer fuzzer) throws IOException {
        System.out.println(fuzzer.name() + ": -Dsynapic.seed=" + SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < RANDOM_SEQUENCES; i++) {
            Sequence sequence = Sequence.random(random, STEPS);
            Sequence.Difference difference = sequence.run(fuzzer.maker(), Heartbeat.NONE);
            if (difference != null) {
                Path file = PLACES.found(fuzzer).resolve("sequence.txt");
                Reproducer.write(file, sequence, difference.what());
                throw new AssertionError("-Dsynapic.seed=%d, step %d, kept as %s: %s"
                        .formatted(SEED, difference.step(), file, difference.what()));
            }
        }
    }
}
