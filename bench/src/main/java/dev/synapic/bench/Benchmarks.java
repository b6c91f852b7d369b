// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs benchmarks as JMH does and with its options, but counts allocations, writes JSON, and fails where the interrupt fabric allocates.
 */
public final class Benchmarks {
    private static final String JSON = "bench/target/benchmarks.json";
    private static final String ALLOCATED = "gc.alloc.rate.norm";
    /**
     * The smallest object has 16 bytes: one in a broadcast to 79 targets is 0.2 bytes per target. What is below is JMH's own, spread
     * over millions of operations.
     */
    private static final double MOST_BYTES = 0.1;

    private Benchmarks() {}

    public static void main(String[] arguments) throws RunnerException, IOException, CommandLineOptionException {
        CommandLineOptions options = new CommandLineOptions(arguments);
        if (options.shouldHelp() || options.shouldList()) {
            org.openjdk.jmh.Main.main(arguments);
            return;
        }
        Collection<RunResult> results = new Runner(withDefaults(options)).run();
        List<String> findings =
                results.stream().flatMap(result -> allocations(result).stream()).toList();
        findings.forEach(System.err::println);
        if (!findings.isEmpty()) {
            System.exit(1);
        }
    }

    /** The launcher's garbage collector, so that figures hold for it. */
    private static Options withDefaults(CommandLineOptions options) {
        List<String> flags = new ArrayList<>(List.of("-XX:+UseSerialGC"));
        flags.addAll(options.getJvmArgsAppend().orElse(List.of()));
        OptionsBuilder builder = new OptionsBuilder();
        builder.parent(options)
                .addProfiler(GCProfiler.class)
                .addProfiler(CpuTimeProfiler.class)
                .jvmArgsAppend(flags.toArray(new String[0]));
        if (!options.getResultFormat().hasValue()) {
            builder.resultFormat(ResultFormatType.JSON);
        }
        if (!options.getResult().hasValue()) {
            builder.result(JSON);
        }
        return builder.build();
    }

    private static List<String> allocations(RunResult result) {
        String name = result.getParams().getBenchmark();
        Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
        boolean fabric = Stream.of(BroadcastBenchmark.class, LocalApicBenchmark.class)
                .anyMatch(type -> name.contains(type.getSimpleName()));
        if (!fabric || allocated == null) {
            return List.of();
        }
        double bytes = allocated.getScore();
        return bytes < MOST_BYTES
                ? List.of()
                : List.of("%s allocates %.2f bytes; it must not allocate".formatted(name, bytes));
    }
}
