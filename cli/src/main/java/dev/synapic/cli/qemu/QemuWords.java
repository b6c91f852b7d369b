// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.CpuFeature;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import java.util.List;

/** Arguments of QEMU's options for commands that have a few of these options. All throw {@link ConfigurationException}. */
public final class QemuWords {
    private QemuWords() {}

    /** {@code -smp}: a number, or a topology. */
    public static MachineConfig smp(String argument, MachineConfig config) {
        Topology topology = Topology.parse(argument);
        return config.withVcpus(topology.cpus(), topology.packages());
    }

    /** All {@code -device}, for a machine whose processor is chosen, and the disks of drives that need none. */
    public static MachineConfig devices(List<String> arguments, Drives drives, MachineConfig config) {
        PcConfig pc = drives.attach(config.pc());
        for (String argument : arguments) {
            pc = QemuDevice.add(argument, pc, drives);
        }
        drives.checkVmbus(pc);
        checkSynIc("hyperv-testdev", pc.has(PcDevice.HYPERV_TESTDEV), config);
        checkSynIc("vmbus-bridge", pc.has(PcDevice.VMBUS), config);
        return config.withPc(pc);
    }

    private static void checkSynIc(String device, boolean present, MachineConfig config) {
        if (present && !config.cpu().has(CpuFeature.HV_SYNIC)) {
            throw new ConfigurationException(
                    "-device %s: needs the CPU flag hv-synic: add hv-vpindex,hv-synic to -cpu".formatted(device));
        }
    }

    /** What {@code -device help} prints. */
    public static List<String> deviceList() {
        return QemuDevice.list();
    }

    /** {@code -initrd}: Multiboot modules. */
    public static List<BootModule> modules(String argument) {
        return BootFiles.modules(argument);
    }
}
