// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.exits.HardwareProfiles;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command with a machine has. */
final class MachineOptions {
    private static final long PS_PER_NS = 1_000;
    private static final long MOST_LOOKAHEAD_NS = 1_000_000_000;

    @Option(
            names = "--profile",
            paramLabel = "P",
            defaultValue = MachineConfig.DEFAULT_PROFILE,
            description = "Which hardware decides what exits and what it costs: skylake-apicv, skylake-no-apicv,"
                    + " ipi-virtualization or avic (default: ${DEFAULT-VALUE}).")
    private String profile = MachineConfig.DEFAULT_PROFILE;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Decides ties between vCPUs and slice lengths, nothing else (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
            names = "--lookahead-ns",
            paramLabel = "N",
            description = "How far a vCPU may run past the one that is furthest behind (default: the profile's).")
    private @Nullable Long lookaheadNs;

    MachineOptions() {}

    HardwareProfile profile() {
        HardwareProfile named = HardwareProfiles.load().get(profile);
        Long ns = lookaheadNs;
        if (ns == null) {
            return named;
        }
        if (ns < 1 || ns > MOST_LOOKAHEAD_NS) {
            throw new ConfigurationException("--lookahead-ns %d: from 1 to %d".formatted(ns, MOST_LOOKAHEAD_NS));
        }
        return named.withLookaheadPs(ns * PS_PER_NS);
    }

    long seed() {
        return seed;
    }
}
