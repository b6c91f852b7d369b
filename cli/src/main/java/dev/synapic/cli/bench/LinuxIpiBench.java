// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.trace.Trace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** The IPI benchmark in Linux: boots the kernel for each kind of APIC, each way to send, with the shorthand and without. */
public final class LinuxIpiBench {
    /** What progress hears of a machine that is done. */
    public static final String DONE = "done";

    private final LinuxIpiPlan plan;
    private final Interruption interruption;
    private final BiConsumer<Cell, String> progress;

    /** progress hears what each machine does, from the threads that run them. */
    public LinuxIpiBench(LinuxIpiPlan plan, Interruption interruption, BiConsumer<Cell, String> progress) {
        this.plan = plan;
        this.interruption = interruption;
        this.progress = progress;
    }

    /** Runs all machines of the plan. Throws {@link GuestFailure} where one goes wrong. */
    public LinuxIpiResult run() {
        List<LinuxIpiRow> rows = new ArrayList<>();
        List<LinuxIpiResult.Skipped> skipped = new ArrayList<>();
        long hash = 0;
        boolean interrupted = false;
        for (LinuxIpiRun.Outcome outcome : SideBySide.run(plan.cells(), this::outcome, interruption)) {
            rows.addAll(outcome.rows());
            skipped.addAll(outcome.skipped());
            hash = Trace.mix(hash, outcome.traceHash());
            interrupted |= outcome.interrupted();
        }
        return new LinuxIpiResult(plan, rows, skipped, hash, interrupted);
    }

    private LinuxIpiRun.Outcome outcome(Cell cell) {
        if (interruption.requested()) {
            return new LinuxIpiRun.Outcome(List.of(), List.of(), 0, true);
        }
        LinuxIpiRun.Outcome outcome =
                new LinuxIpiRun(plan, cell, what -> progress.accept(cell, what)).run(interruption);
        progress.accept(cell, DONE);
        return outcome;
    }
}
