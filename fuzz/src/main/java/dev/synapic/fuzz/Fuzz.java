// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The command {@code fuzz/run}. */
public final class Fuzz {
    private static final int FOUND = 1;
    private static final int WRONG_USE = 2;

    private Fuzz() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        // A seed that Jazzer can take, too: 31 bits.
        long seed = System.nanoTime() & Integer.MAX_VALUE;
        try {
            System.exit(
                    run(Options.parse(arguments, seed), new Places(Path.of("").toAbsolutePath())));
        } catch (Options.WrongUse wrong) {
            System.err.println("fuzz: " + wrong.getMessage());
            System.exit(WRONG_USE);
        }
    }

    private static int run(Options options, Places places) throws IOException, InterruptedException {
        if (options.help()) {
            System.out.println(Options.USAGE);
            return 0;
        }
        if (options.list()) {
            for (Fuzzer fuzzer : Fuzzer.ALL) {
                System.out.printf("%-13s %s%n", fuzzer.name(), fuzzer.description());
            }
            return 0;
        }
        Path input = options.reproduce();
        return input == null
                ? fuzz(options, places)
                : reproduce(options.fuzzers().getFirst(), input);
    }

    private static int fuzz(Options options, Places places) throws IOException, InterruptedException {
        int status = 0;
        System.out.println("--seed " + options.seed());
        for (Fuzzer fuzzer : options.fuzzers()) {
            Progress progress = new Progress(fuzzer.name(), System.out, System.console() != null);
            Path found = fuzzer.takesBytes()
                    ? new JazzerRun(fuzzer, places, progress).run(options.seed(), options.seconds())
                    : new ComparisonRun(fuzzer, places, progress).run(options.seed(), options.seconds());
            if (found != null) {
                status = FOUND;
                report(fuzzer, places.root().relativize(found.toAbsolutePath()));
            }
        }
        return status;
    }

    private static void report(Fuzzer fuzzer, Path found) {
        System.err.println("fuzz: " + fuzzer.name() + " found something: " + found);
        if (!found.toString().endsWith(".log")) {
            System.err.println("    fuzz/run " + fuzzer.name() + " --reproduce " + found);
        }
    }

    private static int reproduce(Fuzzer fuzzer, Path input) throws IOException {
        if (!Files.isRegularFile(input)) {
            System.err.println("fuzz: " + input + " is no file");
            return WRONG_USE;
        }
        String difference = fuzzer.takesBytes() ? runBytes(fuzzer, input) : runSteps(fuzzer, input);
        System.out.println(difference == null ? "nothing found" : difference);
        return difference == null ? 0 : FOUND;
    }

    private static @Nullable String runBytes(Fuzzer fuzzer, Path input) throws IOException {
        try {
            fuzzer.target().run(Files.readAllBytes(input));
            return null;
        } catch (RuntimeException | AssertionError thrown) {
            thrown.printStackTrace();
            return thrown.toString();
        }
    }

    private static @Nullable String runSteps(Fuzzer fuzzer, Path input) throws IOException {
        Sequence.Difference difference = Reproducer.read(input).run(fuzzer.maker(), Heartbeat.NONE);
        return difference == null ? null : "step " + difference.step() + ": " + difference.what();
    }
}
