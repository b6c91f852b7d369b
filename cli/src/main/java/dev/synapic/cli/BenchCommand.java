// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code synapic bench}: a name before the benchmarks' own. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "BENCHMARK",
        commandListHeading = "%nBenchmarks:%n",
        description = "Runs a benchmark of the interrupt fabric on real guest code.")
final class BenchCommand implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // filled by picocli
    private CommandSpec spec;

    BenchCommand() {}

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Missing benchmark; there are: ipi, linux-ipi");
    }
}
