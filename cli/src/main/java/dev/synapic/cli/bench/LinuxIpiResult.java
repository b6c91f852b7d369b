// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import java.util.List;
import java.util.Optional;

/**
 * What the IPI benchmark in Linux measured.
 *
 * @param rows in the order of the plan
 * @param skipped machines or rows that were left out
 * @param traceHash over the event traces of all machines, in the order of the plan
 * @param interrupted whether it was ended early, so that rows are missing
 */
public record LinuxIpiResult(
        LinuxIpiPlan plan, List<LinuxIpiRow> rows, List<Skipped> skipped, long traceHash, boolean interrupted) {
    /** What was left out, and why; scenario may be "all". */
    public record Skipped(Cell cell, String scenario, String reason) {}

    public LinuxIpiResult {
        rows = List.copyOf(rows);
        skipped = List.copyOf(skipped);
    }

    public List<LinuxIpiRow> rows(Cell cell) {
        return rows.stream().filter(row -> row.cell().equals(cell)).toList();
    }

    public Optional<LinuxIpiRow> row(Cell cell, LinuxScenario scenario) {
        return rows(cell).stream().filter(row -> row.scenario() == scenario).findFirst();
    }
}
