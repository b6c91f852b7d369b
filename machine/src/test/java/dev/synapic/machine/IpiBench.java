// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfiles;
import java.util.EnumMap;
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

    /** The founding experiment's machine: 80 virtual CPUs, one sends to the other 79. */
    static IpiBench at80(String profile, String apic, String mode, String scenarios) {
        return run(machine(profile, 80), "apic=%s mode=%s iterations=4 scenarios=%s".formatted(apic, mode, scenarios));
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

    /** Exits of the sender in one operation: every operation has the same. */
    Map<ExitReason, Long> senderExits(String scenario) {
        return perOperation(scenario, counts(scenario).sender());
    }

    /** Exits of all receivers together in one operation. */
    Map<ExitReason, Long> receiverExits(String scenario) {
        return perOperation(scenario, counts(scenario).receivers());
    }

    private Map<ExitReason, Long> perOperation(String scenario, Map<ExitReason, Long> counts) {
        long operations = row(scenario).operations();
        Map<ExitReason, Long> each = new EnumMap<>(ExitReason.class);
        counts.forEach((reason, count) -> {
            assertThat(count % operations)
                    .as("%s of %s in %d operations", reason, scenario, operations)
                    .isZero();
            each.put(reason, count / operations);
        });
        return each;
    }
}
