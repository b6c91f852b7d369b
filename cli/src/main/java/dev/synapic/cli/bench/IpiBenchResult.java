// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import java.util.List;
import java.util.Optional;

/**
 * What the IPI benchmark measured.
 *
 * @param rows in the order of the plan
 * @param traceHash over the event traces of all machines, in the order of the plan
 * @param interrupted whether it was ended early, so that rows are missing
 */
public record IpiBenchResult(
        IpiBenchPlan plan, List<IpiBenchRow> rows, List<Skipped> skipped, long traceHash, boolean interrupted) {
    /** What was left out, and why; scenario may be "all". */
    public record Skipped(Cell cell, String scenario, String reason) {}

    public IpiBenchResult {
        rows = List.copyOf(rows);
        skipped = List.copyOf(skipped);
    }

    public Optional<IpiBenchRow> row(ApicKind apic, SendMode mode, Scenario scenario) {
        Cell cell = new Cell(apic, mode);
        return rows.stream()
                .filter(row -> row.cell().equals(cell) && row.scenario() == scenario)
                .findFirst();
    }

    public List<IpiBenchRow> rows(Cell cell) {
        return rows.stream().filter(row -> row.cell().equals(cell)).toList();
    }

    /** How many times faster than vanilla on the same kind of APIC a row is; empty without one to compare with. */
    public Optional<Double> gain(IpiBenchRow row) {
        if (row.cell().mode() == SendMode.VANILLA) {
            return Optional.empty();
        }
        return row(row.cell().apic(), SendMode.VANILLA, row.scenario())
                .map(vanilla -> vanilla.modelledNsPerOperation() / row.modelledNsPerOperation());
    }
}
