// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.guests.GuestImage;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.exits.HardwareProfile;
import java.util.ArrayList;
import java.util.List;
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

    MachineConfig machine() {
        return MachineConfig.standard().withVcpus(vcpus).withProfile(profile).withSeed(seed);
    }

    String commandLine(Cell cell) {
        String names = scenarios.stream().map(Scenario::option).collect(Collectors.joining(","));
        return "ipi-bench apic=%s mode=%s iterations=%d scenarios=%s"
                .formatted(cell.apic().option(), cell.mode().option(), iterations, names);
    }
}
