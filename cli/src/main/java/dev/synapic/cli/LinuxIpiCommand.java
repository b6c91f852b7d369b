// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.bench.ApicKind;
import dev.synapic.cli.bench.LinuxIpiBench;
import dev.synapic.cli.bench.LinuxIpiGuest;
import dev.synapic.cli.bench.LinuxIpiPlan;
import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.cli.bench.LinuxIpiResult;
import dev.synapic.cli.bench.LinuxVariant;
import dev.synapic.cli.bench.SendMode;
import dev.synapic.cli.debian.DebianGuests;
import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.cli.debian.ModuleBuild;
import dev.synapic.cli.guests.LinuxPrograms;
import dev.synapic.cli.report.LinuxIpiJson;
import dev.synapic.cli.report.LinuxIpiText;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.cli.terminal.ProgressBar;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.MachineConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command {@code synapic bench linux-ipi}. */
@Command(
        name = "linux-ipi",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        abbreviateSynopsis = true,
        optionListHeading = "%nOptions:%n",
        description = {
            "Makes Debian's Linux send IPIs to all its CPUs, and counts the exits of every way that it has.",
            "",
            "Boots the kernel for each kind of APIC, each way to send, with the shorthand all-but-self and without. A"
                + " kernel module sends by the kernel's own cross calls; where it cannot be built, a program does by"
                + " membarrier(2)."
        })
final class LinuxIpiCommand implements Callable<Integer> {
    private static final List<ApicKind> APICS = List.of(ApicKind.X2APIC_PHYS, ApicKind.X2APIC_CLUSTER);
    private static final List<SendMode> MODES = List.of(SendMode.VANILLA, SendMode.PV_IPI, SendMode.HV_IPI);

    private final Session session;

    @Option(names = "--vcpus", paramLabel = "N", defaultValue = "80", description = "Virtual CPUs (default: 80).")
    private int vcpus;

    @Option(
            names = "--iterations",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Operations per row (default: 1000).")
    private int iterations;

    @Option(
            names = "--apic",
            paramLabel = "A",
            split = ",",
            description = "x2apic-phys (no remapping unit), x2apic-cluster (with one) (default: both).")
    private @Nullable List<String> apics;

    @Option(
            names = "--mode",
            paramLabel = "M",
            split = ",",
            description = "vanilla (ICR writes) and pv-ipi (KVM_HC_SEND_IPI) as a guest of KVM, hv-ipi"
                    + " (HvCallSendSyntheticClusterIpi) as a guest of Hyper-V (default: all).")
    private @Nullable List<String> modes;

    @Option(
            names = "--shorthand",
            paramLabel = "S",
            defaultValue = "both",
            description = "on (the kernel may write the ICR once, to all but self), off (no_ipi_broadcast=1) or both"
                    + " (default: both).")
    private String shorthand = "both";

    @Option(
            names = "--variant",
            paramLabel = "V",
            description = "module or membarrier (default: module, and membarrier where it cannot be built).")
    private @Nullable String variant;

    @Option(
            names = "--kernel",
            paramLabel = "K",
            defaultValue = "",
            description = "6.1, 6.12 or the name of a package (default: the release's own kernel for clouds).")
    private String kernel = "";

    @Option(
            names = "--deb",
            paramLabel = "F",
            arity = "1..*",
            description = "Packages' files in place of --kernel: a kernel's and busybox-static's.")
    private @Nullable List<Path> packages;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Where guests and modules are kept (default: synapic in the user's cache directory).")
    private @Nullable Path cache;

    @Option(names = "--offline", description = "Take guest and headers from the cache only.")
    private boolean offline;

    @Mixin
    private MachineOptions machine = new MachineOptions();

    @Option(names = "--json", description = "The result as JSON on standard output.")
    private boolean json;

    LinuxIpiCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        List<Cell> cells = cells();
        LinuxIpiPlan plan =
                new LinuxIpiPlan(vcpus, iterations, cells, guest(chosenVariant()), machine.profile(), machine.seed());
        LinuxIpiResult result = run(plan);
        PrintStream out = session.console().out();
        if (json) {
            out.println(LinuxIpiJson.text(result));
        } else {
            LinuxIpiText.lines(result).forEach(out::println);
        }
        out.flush();
        return result.interrupted() ? ExitStatus.INTERRUPTED : ExitStatus.CLEAN;
    }

    private List<Cell> cells() {
        if (vcpus < 1 || vcpus > MachineConfig.MOST_VCPUS) {
            throw new ConfigurationException("--vcpus %d: from 1 to %d".formatted(vcpus, MachineConfig.MOST_VCPUS));
        }
        if (iterations < 1) {
            throw new ConfigurationException("--iterations %d: at least 1".formatted(iterations));
        }
        List<Boolean> shorthands = switch (shorthand) {
            case "on" -> List.of(true);
            case "off" -> List.of(false);
            case "both" -> List.of(false, true);
            default -> throw new ConfigurationException("--shorthand " + shorthand + ": on, off or both");
        };
        return LinuxIpiPlan.cells(
                chosen("--apic", apics, APICS, ApicKind::option),
                chosen("--mode", modes, MODES, SendMode::option),
                shorthands);
    }

    /** The values of those names, in the order of the report; all where none is named. */
    private static <T> List<T> chosen(
            String option, @Nullable List<String> names, List<T> all, Function<T, String> nameOf) {
        if (names == null) {
            return all;
        }
        List<String> known = all.stream().map(nameOf).toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw new ConfigurationException(
                        "%s %s: there are %s".formatted(option, name, String.join(", ", known)));
            }
        }
        return all.stream().filter(t -> names.contains(nameOf.apply(t))).toList();
    }

    /** Null where the user leaves it open. */
    private @Nullable LinuxVariant chosenVariant() {
        String name = variant;
        return name == null
                ? null
                : chosen("--variant", List.of(name), List.of(LinuxVariant.values()), LinuxVariant::option)
                        .getFirst();
    }

    private LinuxIpiGuest guest(@Nullable LinuxVariant wanted) {
        Path home = cache == null ? DebianGuests.userCache() : cache.toAbsolutePath();
        DebianGuests.Recipe recipe =
                new DebianGuests.Recipe(kernel, List.of(), packages == null ? List.of() : packages);
        LinuxGuest guest = new DebianGuests(home).prepare(recipe, offline, this::say);
        if (wanted != LinuxVariant.MEMBARRIER) {
            try {
                byte[] module = new ModuleBuild(home)
                        .module("ipi_bench", LinuxPrograms.ipiBenchSources(), guest.release(), offline, this::say);
                return LinuxIpiGuest.of(guest, LinuxVariant.MODULE, module, iterations);
            } catch (ConfigurationException e) {
                if (wanted != null) {
                    throw e;
                }
                session.console().err().println("synapic: no module, so membarrier instead: " + e.getMessage());
            }
        }
        return LinuxIpiGuest.of(guest, LinuxVariant.MEMBARRIER, LinuxPrograms.membarrier(), iterations);
    }

    private void say(String what) {
        if (session.console().interactive()) {
            session.console().err().println("synapic: " + what);
        }
    }

    private LinuxIpiResult run(LinuxIpiPlan plan) {
        if (!session.console().interactive()) {
            return new LinuxIpiBench(plan, session.interruption(), (cell, what) -> {}).run();
        }
        ProgressBar bar = new ProgressBar(session.console().err(), plan.cells().size());
        try {
            return new LinuxIpiBench(plan, session.interruption(), moving(bar)).run();
        } finally {
            bar.clear();
        }
    }

    private static BiConsumer<Cell, String> moving(ProgressBar bar) {
        AtomicInteger done = new AtomicInteger();
        return (cell, what) -> {
            synchronized (bar) {
                int now = what.equals(LinuxIpiBench.DONE) ? done.incrementAndGet() : done.get();
                bar.show(now, cell.title() + ": " + what);
            }
        };
    }
}
