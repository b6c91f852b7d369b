// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.trace.Trace;
import java.util.ArrayList;
import java.util.List;

/** The IPI benchmark: a machine for each kind of APIC and each way to send. */
public final class IpiBench {
    private final IpiBenchPlan plan;
    private final Interruption interruption;
    private final BenchProgress progress;

    public IpiBench(IpiBenchPlan plan, Interruption interruption, BenchProgress progress) {
        this.plan = plan;
        this.interruption = interruption;
        this.progress = progress;
    }

    /** Machines that run at the same time. */
    public static int threads() {
        return SideBySide.threads();
    }

    /** Runs all machines of the plan. Throws {@link GuestFailure} where one goes wrong. */
    public IpiBenchResult run() {
        List<IpiBenchRow> rows = new ArrayList<>();
        List<IpiBenchResult.Skipped> skipped = new ArrayList<>();
        long hash = 0;
        boolean interrupted = false;
        for (CellRun.Outcome outcome : SideBySide.run(plan.cells(), this::outcome, interruption)) {
            rows.addAll(outcome.rows());
            skipped.addAll(outcome.skipped());
            hash = Trace.mix(hash, outcome.traceHash());
            interrupted |= outcome.interrupted();
        }
        return new IpiBenchResult(plan, rows, skipped, hash, interrupted);
    }

    private CellRun.Outcome outcome(Cell cell) {
        if (interruption.requested()) {
            return new CellRun.Outcome(List.of(), List.of(), 0, true);
        }
        CellRun.Outcome outcome = new CellRun(plan, cell, progress).run(interruption);
        progress.finished(cell);
        return outcome;
    }
}
