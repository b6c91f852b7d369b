// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.Machine;
import dev.synapic.machine.RunResult;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Boots Linux on one machine and collects what its program prints and what is counted between its marks. */
final class LinuxIpiRun {
    private static final int SCENARIO_SHIFT = 16;
    private static final int SCENARIO_MASK = 0xFF;
    private static final int LAST_CHARACTERS = 2000;

    private final LinuxIpiPlan plan;
    private final Cell cell;
    private final Consumer<String> progress;
    private final ByteArrayOutputStream serial = new ByteArrayOutputStream();
    private final LinuxSends sends;
    private final Map<LinuxScenario, LinuxIpiRow.Counted> begun = new EnumMap<>(LinuxScenario.class);
    private final Map<LinuxScenario, LinuxIpiRow.Counted> measured = new EnumMap<>(LinuxScenario.class);

    /** progress hears what the guest does, in a word or two. */
    LinuxIpiRun(LinuxIpiPlan plan, Cell cell, Consumer<String> progress) {
        this.plan = plan;
        this.cell = cell;
        this.progress = progress;
        this.sends = new LinuxSends(cell.mode() == SendMode.HV_IPI);
    }

    /** What came of one machine. */
    record Outcome(List<LinuxIpiRow> rows, List<LinuxIpiResult.Skipped> skipped, long traceHash, boolean interrupted) {}

    Outcome run(Interruption interruption) {
        progress.accept("booting");
        try (Machine machine = new Machine(
                plan.machine(cell).withConsole(serial::write).withTrace(sends).withMarks(this::mark))) {
            plan.guest().loadInto(machine, plan.words(cell));
            RunResult result = interruption.during(machine::interrupt, machine::run);
            return outcome(machine, result);
        }
    }

    private void mark(Machine machine, int word) {
        LinuxScenario scenario =
                LinuxScenario.numbered(word >>> SCENARIO_SHIFT & SCENARIO_MASK).orElse(null);
        if (scenario == null) {
            return;
        }
        LinuxIpiRow.Counted now = new LinuxIpiRow.Counted(Counters.of(machine, sends.all()), sends.counts());
        if (Machine.begins(word)) {
            progress.accept(scenario.option());
            begun.put(scenario, now);
            return;
        }
        LinuxIpiRow.Counted begin = begun.remove(scenario);
        if (begin != null) {
            measured.put(scenario, now.sinceMark(begin));
        }
    }

    private Outcome outcome(Machine machine, RunResult result) {
        String printed = serial.toString(StandardCharsets.UTF_8);
        LinuxIpiLog log = LinuxIpiLog.of(printed);
        boolean interrupted = result.outcome() == RunResult.Outcome.INTERRUPTED;
        if (!interrupted) {
            check(machine, result, log, printed);
        }
        List<LinuxIpiResult.Skipped> skipped = new ArrayList<>();
        String deviation = log.deviation(cell).orElse(null);
        if (deviation != null) {
            if (!interrupted) {
                skipped.add(new LinuxIpiResult.Skipped(cell, "all", deviation));
            }
            return new Outcome(List.of(), skipped, machine.traceHash(), interrupted);
        }
        log.skipped().forEach((scenario, why) -> skipped.add(new LinuxIpiResult.Skipped(cell, scenario.option(), why)));
        return new Outcome(log.rows().stream().map(this::row).toList(), skipped, machine.traceHash(), interrupted);
    }

    private void check(Machine machine, RunResult result, LinuxIpiLog log, String printed) {
        if (result.outcome() != RunResult.Outcome.POWER_OFF) {
            boolean stuck = result.outcome() != RunResult.Outcome.RESET;
            throw new GuestFailure(
                    cell.title() + ": " + result.reason(), stuck, stuck ? machine.stateDump() : end(printed));
        }
        if (!log.failures().isEmpty()) {
            throw new GuestFailure(
                    cell.title() + ": the guest found an error: "
                            + log.failures().getFirst(),
                    false,
                    "");
        }
        if (!log.ended()) {
            throw new GuestFailure(cell.title() + ": the guest did not run its program", false, end(printed));
        }
    }

    private static String end(String printed) {
        return printed.substring(Math.max(0, printed.length() - LAST_CHARACTERS));
    }

    private LinuxIpiRow row(LinuxIpiRow.Guest guest) {
        LinuxIpiRow.Counted counted = measured.get(guest.scenario());
        if (counted == null) {
            throw new GuestFailure(
                    "the guest did not mark what it measured: "
                            + guest.scenario().option(),
                    false,
                    "");
        }
        return new LinuxIpiRow(cell, guest, counted);
    }
}
