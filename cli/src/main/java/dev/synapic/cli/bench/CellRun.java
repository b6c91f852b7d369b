// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MarkListener;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.trace.TraceSink;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Boots one machine with the benchmark's guest and collects what it prints and what is counted between its marks. */
final class CellRun {
    private static final int SCENARIO_SHIFT = 16;
    private static final int SCENARIO_MASK = 0xFF;
    private static final int GUEST_OK = 1;

    private final IpiBenchPlan plan;
    private final Cell cell;
    private final BenchProgress progress;
    private final ByteArrayOutputStream serial = new ByteArrayOutputStream();
    private final SendingExits sending = new SendingExits();
    private final Map<Scenario, Counters> begun = new EnumMap<>(Scenario.class);
    private final Map<Scenario, Counters> measured = new EnumMap<>(Scenario.class);

    CellRun(IpiBenchPlan plan, Cell cell, BenchProgress progress) {
        this.plan = plan;
        this.cell = cell;
        this.progress = progress;
    }

    /** What came of one machine. */
    record Outcome(List<IpiBenchRow> rows, List<IpiBenchResult.Skipped> skipped, long traceHash, boolean interrupted) {}

    Outcome run(Interruption interruption) {
        try (Machine machine = machine(sending, this::mark)) {
            RunResult result = interruption.during(machine::interrupt, machine::run);
            return outcome(machine, result);
        }
    }

    /** Runs the same guest with everything that happens shown to a sink, and measures nothing. */
    void record(TraceSink sink) {
        try (Machine machine = machine(sink, MarkListener.NONE)) {
            machine.run();
        }
    }

    private Machine machine(TraceSink sink, MarkListener marks) {
        Machine machine = new Machine(
                plan.machine().withConsole(serial::write).withTrace(sink).withMarks(marks));
        plan.image().loadInto(machine, plan.commandLine(cell));
        return machine;
    }

    private void mark(Machine machine, int word) {
        Scenario scenario = Scenario.values()[word >>> SCENARIO_SHIFT & SCENARIO_MASK];
        if (Machine.begins(word)) {
            progress.begins(cell, scenario);
            begun.put(scenario, Counters.of(machine, sending));
            return;
        }
        Counters begin = begun.remove(scenario);
        if (begin != null) {
            measured.put(scenario, Counters.of(machine, sending).sinceMark(begin));
        }
    }

    private Outcome outcome(Machine machine, RunResult result) {
        List<IpiBenchRow> rows = new ArrayList<>();
        List<IpiBenchResult.Skipped> skipped = new ArrayList<>();
        String printed = serial.toString(StandardCharsets.US_ASCII);
        // An interrupted guest may have stopped in the middle of its last line.
        String whole = printed.substring(0, printed.lastIndexOf('\n') + 1);
        for (String line : whole.lines().toList()) {
            switch (GuestLine.parse(line)) {
                case GuestLine.Row row -> rows.add(row(row));
                case GuestLine.Skip skip ->
                    skipped.add(new IpiBenchResult.Skipped(cell, skip.scenario(), skip.reason()));
                case GuestLine.Fail fail ->
                    throw new GuestFailure("the guest found an error: " + fail.line(), false, "");
                case null -> {}
            }
        }
        if (result.outcome() == RunResult.Outcome.INTERRUPTED) {
            return new Outcome(rows, skipped, machine.traceHash(), true);
        }
        check(machine, result, printed);
        return new Outcome(rows, skipped, machine.traceHash(), false);
    }

    private void check(Machine machine, RunResult result, String printed) {
        if (result.outcome() != RunResult.Outcome.GUEST_EXIT) {
            throw new GuestFailure(cell.title() + ": " + result.reason(), true, machine.stateDump());
        }
        if (result.guestStatus() != GUEST_OK) {
            throw new GuestFailure(cell.title() + ": " + result.reason(), false, printed);
        }
    }

    private IpiBenchRow row(GuestLine.Row guest) {
        Counters counted = measured.get(guest.scenario());
        if (counted == null) {
            throw new GuestFailure(
                    "the guest did not mark what it measured: "
                            + guest.scenario().option(),
                    false,
                    "");
        }
        return new IpiBenchRow(cell, guest, counted, plan);
    }
}
