// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.bench.ApicKind;
import dev.synapic.cli.bench.BenchProgress;
import dev.synapic.cli.bench.BroadcastRecording;
import dev.synapic.cli.bench.BroadcastTimeline;
import dev.synapic.cli.bench.IpiBench;
import dev.synapic.cli.bench.IpiBenchPlan;
import dev.synapic.cli.bench.IpiBenchResult;
import dev.synapic.cli.bench.Scenario;
import dev.synapic.cli.bench.SendMode;
import dev.synapic.cli.guests.GuestImage;
import dev.synapic.cli.report.IpiBenchHtml;
import dev.synapic.cli.report.IpiBenchJson;
import dev.synapic.cli.report.IpiBenchText;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.cli.terminal.OutputFile;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.MachineConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command {@code synapic bench ipi}. */
@Command(
        name = "ipi",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        optionListHeading = "%nOptions:%n",
        description = {
            "Sends IPIs four ways on up to 1024 virtual CPUs and counts every exit.",
            "",
            "Boots a machine for each kind of APIC and each way to send; one CPU sends, the others sit in HLT, and an"
                    + " operation ends when every target's handler has run. Reproduces the table that came with KVM's"
                    + " \"send IPI\" hypercall."
        })
final class IpiBenchCommand implements Callable<Integer> {
    private final Session session;

    @Option(names = "--vcpus", paramLabel = "N", defaultValue = "80", description = "Virtual CPUs (default: 80).")
    private int vcpus;

    @Option(
            names = "--iterations",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Operations per scenario (default: 1000; published: 100000).")
    private int iterations;

    @Option(
            names = "--apic",
            paramLabel = "A",
            split = ",",
            description = "xapic, x2apic-phys, x2apic-cluster (default: all).")
    private @Nullable List<String> apics;

    @Option(
            names = "--mode",
            paramLabel = "M",
            split = ",",
            description = "vanilla (an ICR write per target or cluster), shorthand, pv-ipi (KVM_HC_SEND_IPI), hv-ipi"
                    + " (HvCallSendSyntheticClusterIpi) (default: all).")
    private @Nullable List<String> modes;

    @Option(
            names = "--scenario",
            paramLabel = "S",
            split = ",",
            description = "dry-run, self (a local call, as published), self-ipi, normal, broadcast, broadcast-lock"
                    + " (default: all).")
    private @Nullable List<String> scenarios;

    @Option(
            names = "--caller",
            paramLabel = "BITS",
            defaultValue = "64",
            description = "64, or 32: the same guest in 32-bit protected mode, 64 targets a call (default: 64).")
    private int caller;

    @Mixin
    private MachineOptions machine = new MachineOptions();

    @Option(names = "--json", description = "The result as JSON on standard output.")
    private boolean json;

    @Option(
            names = "--report",
            paramLabel = "F.html",
            description = "Write one self-contained page with charts and timelines.")
    private @Nullable Path report;

    IpiBenchCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        IpiBenchPlan plan = plan();
        OutputFile page = report == null ? null : OutputFile.checked("--report", report);
        IpiBenchResult result = run(plan);
        PrintStream out = session.console().out();
        if (json) {
            out.println(IpiBenchJson.text(result));
        } else {
            IpiBenchText.lines(result).forEach(out::println);
        }
        out.flush();
        if (page != null) {
            page.write(IpiBenchHtml.page(result, timelines(result)));
        }
        return result.interrupted() ? ExitStatus.INTERRUPTED : ExitStatus.CLEAN;
    }

    /** Recorded in runs of their own, so that what is measured is not slowed. */
    private static List<BroadcastTimeline> timelines(IpiBenchResult result) {
        return result.plan().cells().stream()
                .filter(cell ->
                        result.row(cell.apic(), cell.mode(), Scenario.BROADCAST).isPresent())
                .flatMap(cell -> BroadcastRecording.of(result.plan(), cell).stream())
                .toList();
    }

    private IpiBenchResult run(IpiBenchPlan plan) {
        if (!session.console().interactive()) {
            return new IpiBench(plan, session.interruption(), BenchProgress.NONE).run();
        }
        try (ProgressLine line =
                new ProgressLine(session.console().err(), plan.cells().size())) {
            return new IpiBench(plan, session.interruption(), line).run();
        }
    }

    private IpiBenchPlan plan() {
        if (vcpus < 1 || vcpus > MachineConfig.MOST_VCPUS) {
            throw new ConfigurationException("--vcpus %d: from 1 to %d".formatted(vcpus, MachineConfig.MOST_VCPUS));
        }
        if (iterations < 1) {
            throw new ConfigurationException("--iterations %d: at least 1".formatted(iterations));
        }
        if (caller != 64 && caller != 32) {
            throw new ConfigurationException("--caller %d: 64 or 32".formatted(caller));
        }
        return new IpiBenchPlan(
                vcpus,
                iterations,
                chosen("--apic", apics, ApicKind.values(), ApicKind::option),
                chosen("--mode", modes, SendMode.values(), SendMode::option),
                chosen("--scenario", scenarios, Scenario.values(), Scenario::option),
                GuestImage.packed(caller == 64 ? "ipi-bench" : "ipi-bench32"),
                machine.profile(),
                machine.seed());
    }

    /** The values of those names, in the order of the report; all where none is named. */
    private static <T> List<T> chosen(
            String option, @Nullable List<String> names, T[] all, Function<T, String> nameOf) {
        if (names == null) {
            return List.of(all);
        }
        List<String> known = Stream.of(all).map(nameOf).toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw new ConfigurationException(
                        "%s %s: there are %s".formatted(option, name, String.join(", ", known)));
            }
        }
        return Arrays.stream(all).filter(t -> names.contains(nameOf.apply(t))).toList();
    }
}
