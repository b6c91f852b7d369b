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

    /** The row of vanilla machines, all else equal, that a row of PV IPIs compares with; empty for other rows. */
    public Optional<LinuxIpiRow> vanilla(LinuxIpiRow row) {
        Cell cell = row.cell();
        return cell.mode() == SendMode.PV_IPI
                ? row(new Cell(cell.apic(), SendMode.VANILLA, cell.shorthand()), row.scenario())
                : Optional.empty();
    }

    /** How many times faster than vanilla a row is; empty without one to compare with. */
    public Optional<Double> gain(LinuxIpiRow row) {
        return vanilla(row).map(vanilla -> vanilla.modelledNsPerOperation() / row.modelledNsPerOperation());
    }

    /**
     * The figure of 2018 for a row, when the kernel did not yet take the shorthand; empty where none was published. A program's rows are others:
     * its system calls are part of them.
     */
    public Optional<Published.Time> published(LinuxIpiRow row) {
        if (row.cell().shorthand() || plan.guest().variant() != LinuxVariant.MODULE) {
            return Optional.empty();
        }
        IpiBenchPlan.Cell cell =
                new IpiBenchPlan.Cell(row.cell().apic(), row.cell().mode());
        return row.scenario().same().flatMap(same -> Optional.ofNullable(Published.of(cell, same, plan.vcpus())));
    }
}
