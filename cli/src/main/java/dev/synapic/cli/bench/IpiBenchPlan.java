// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.guests.GuestImage;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.exits.HardwareProfile;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Which machines the IPI benchmark boots, and what they run.
 *
 * @param iterations operations per scenario
 * @param image the guest: ipi-bench, or a variant of it that prints the same lines
 */
public record IpiBenchPlan(
        int vcpus,
        int iterations,
        List<ApicKind> apics,
        List<SendMode> modes,
        List<Scenario> scenarios,
        GuestImage image,
        HardwareProfile profile,
        long seed) {

    private static final long PS_PER_NS = 1_000;

    public IpiBenchPlan {
        apics = List.copyOf(apics);
        modes = List.copyOf(modes);
        scenarios = List.copyOf(scenarios);
    }

    /** One machine of the plan. */
    public record Cell(ApicKind apic, SendMode mode) {
        /** As in the published table: x2apic physical mode, pv-ipi. */
        public String title() {
            return apic.title() + ", " + mode.option();
        }
    }

    /** All machines, in the order of the report. */
    public List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (ApicKind apic : apics) {
            for (SendMode mode : modes) {
                cells.add(new Cell(apic, mode));
            }
        }
        return cells;
    }

    /** The same plan with other operations. */
    public IpiBenchPlan with(int fewer, List<Scenario> some) {
        return new IpiBenchPlan(vcpus, fewer, apics, modes, some, image, profile, seed);
    }

    /** A command line that does the same again. */
    public String command() {
        return "synapic bench ipi --vcpus %d --iterations %d --apic %s --mode %s --scenario %s --caller %d --profile %s --seed %d"
                        .formatted(
                                vcpus,
                                iterations,
                                names(apics, ApicKind::option),
                                names(modes, SendMode::option),
                                names(scenarios, Scenario::option),
                                image.name().endsWith("32") ? 32 : 64,
                                profile.name(),
                                seed)
                + " --lookahead-ns "
                + profile.lookaheadPs() / PS_PER_NS;
    }

    private static <T> String names(List<T> values, Function<T, String> name) {
        return values.stream().map(name).collect(Collectors.joining(","));
    }

    MachineConfig machine() {
        return MachineConfig.standard().withVcpus(vcpus).withProfile(profile).withSeed(seed);
    }

    String commandLine(Cell cell) {
        return "ipi-bench apic=%s mode=%s iterations=%d scenarios=%s"
                .formatted(cell.apic().option(), cell.mode().option(), iterations, names(scenarios, Scenario::option));
    }
}
