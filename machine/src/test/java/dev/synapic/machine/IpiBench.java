// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.HardwareProfiles;
import java.util.List;
import java.util.Map;

/** One run of ipi-bench to its proper end: the rows that it printed, and what the machine counted meanwhile. */
record IpiBench(
        MachineConfig config,
        List<BenchRow> rows,
        List<String> skips,
        Map<Integer, ScenarioCounts> counts,
        long traceHash) {
    /** By the numbers that guests/README.md gives them. */
    static final List<String> SCENARIOS =
            List.of("dry-run", "self", "self-ipi", "normal", "broadcast", "broadcast-lock");

    static MachineConfig machine(String profile, int vcpus) {
        return MachineConfig.standard()
                .withProfile(HardwareProfiles.load().get(profile))
                .withVcpus(vcpus);
    }

    static IpiBench run(MachineConfig config, String commandLine) {
        return run("ipi-bench", config, commandLine);
    }

    static IpiBench run(String guest, MachineConfig config, String commandLine) {
        ScenarioCounts.Meter meter = new ScenarioCounts.Meter();
        try (GuestRun run = GuestRun.of(guest, commandLine, config.withMarks(meter))) {
            assertThat(run.result().guestStatus())
                    .as("%s %s: %s", guest, commandLine, run)
                    .isEqualTo(1);
            return new IpiBench(
                    config,
                    run.lines("row").stream().map(BenchRow::parse).toList(),
                    run.lines("skip"),
                    meter.scenarios(),
                    run.machine().traceHash());
        }
    }

    BenchRow row(String scenario) {
        return rows.stream()
                .filter(row -> row.scenario().equals(scenario))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no row " + scenario + " but " + rows + skips));
    }

    ScenarioCounts counts(String scenario) {
        return counts.get(SCENARIOS.indexOf(scenario));
    }
}
