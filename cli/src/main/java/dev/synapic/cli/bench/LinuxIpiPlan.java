// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.cli.qemu.Drives;
import dev.synapic.cli.qemu.QemuWords;
import dev.synapic.machine.CpuModel;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.exits.HardwareProfile;
import java.util.ArrayList;
import java.util.List;

/**
 * Which machines the IPI benchmark in Linux boots.
 *
 * @param iterations operations per row
 */
public record LinuxIpiPlan(
        int vcpus, int iterations, List<Cell> cells, LinuxIpiGuest guest, HardwareProfile profile, long seed) {
    public LinuxIpiPlan {
        cells = List.copyOf(cells);
    }

    /**
     * One machine.
     *
     * @param mode vanilla, pv-ipi (as a guest of KVM) or hv-ipi (as a guest of Hyper-V)
     * @param shorthand whether the kernel may take all-but-self; it never does with hv-ipi
     */
    public record Cell(ApicKind apic, SendMode mode, boolean shorthand) {
        /** As x2apic physical mode, pv-ipi, shorthand off. */
        public String title() {
            return apic.title() + ", " + mode.option() + (mode == SendMode.HV_IPI ? "" : ", shorthand " + onOff());
        }

        public String onOff() {
            return shorthand ? "on" : "off";
        }
    }

    /**
     * All machines for these choices, in the order of the report. hv-ipi replaces the shorthand too, and Linux as a guest of Hyper-V always
     * takes physical mode (arch/x86/kernel/cpu/mshyperv.c), so it is there once.
     */
    public static List<Cell> cells(List<ApicKind> apics, List<SendMode> modes, List<Boolean> shorthands) {
        List<Cell> cells = new ArrayList<>();
        for (ApicKind apic : apics) {
            for (SendMode mode : modes) {
                List<Boolean> some = mode == SendMode.HV_IPI ? List.of(shorthands.getFirst()) : shorthands;
                if (mode != SendMode.HV_IPI || apic == apics.getFirst()) {
                    some.forEach(shorthand -> cells.add(new Cell(apic, mode, shorthand)));
                }
            }
        }
        return cells;
    }

    /** Without a remapping unit Linux takes physical mode, with one cluster mode. */
    MachineConfig machine(Cell cell) {
        String face = cell.mode() == SendMode.HV_IPI ? "hyperv" : "kvm";
        String cpu = cell.mode() == SendMode.VANILLA ? "max,kvm-pv-ipi=off" : "max";
        MachineConfig config = MachineConfig.standard()
                .withVcpus(vcpus)
                .withMemoryBytes(LinuxGuest.memoryBytes(vcpus))
                .withProfile(profile)
                .withCpu(CpuModel.parse(cpu, face))
                .withSeed(seed);
        return cell.apic() == ApicKind.X2APIC_CLUSTER
                ? QemuWords.devices(List.of("intel-iommu"), new Drives(notice -> {}), config)
                : config;
    }

    /** What the kernel's command line needs on top of the guest's own. */
    String words(Cell cell) {
        return cell.shorthand() ? "" : " no_ipi_broadcast=1";
    }
}
