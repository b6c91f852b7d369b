// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.cli.terminal.Quantity;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.CpuModel;
import dev.synapic.machine.HostClock;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the options say together; they are read in their order, and a later one wins. */
final class QemuMachine {
    private static final long DEFAULT_MEMORY_BYTES = 128L << 20;

    private String cpu = "qemu64";
    private Topology topology = Topology.ONE;
    private long memoryBytes = DEFAULT_MEMORY_BYTES;
    private long seed;
    private final List<String> devices = new ArrayList<>();
    private final Drives drives;
    private final MachineProperties machine = new MachineProperties();
    private RtcBase rtc = RtcBase.HOST;

    @Nullable
    String kernel;

    @Nullable
    String initrd;

    @Nullable
    String append;

    @Nullable
    String serial;

    private boolean defaultDevices = true;
    boolean reboot = true;

    /** What drives hold is opened by {@link #config}. */
    QemuMachine(Drives drives) {
        this.drives = drives;
    }

    /** Takes one option into account. */
    void take(QemuOption option, String argument) {
        switch (option) {
            case HELP, VERSION -> throw new IllegalStateException(option + " is answered before");
            case MACHINE -> machine.take(argument);
            case ACCEL -> machine.accelerator(argument);
            case CPU -> cpu = argument;
            case SMP -> topology = Topology.parse(argument);
            case MEMORY -> memoryBytes = memory(argument);
            case KERNEL -> kernel = argument;
            case INITRD -> initrd = argument;
            case APPEND -> append = argument;
            case DEVICE -> devices.add(argument);
            case DRIVE -> drives.drive(argument);
            case GLOBAL -> machine.global(argument);
            case RTC -> rtc = RtcBase.parse(argument);
            case SERIAL -> serial = argument;
            case NOGRAPHIC -> serial = serial == null ? "mon:stdio" : serial;
            case SEED -> seed = seed(argument);
            case NODEFAULTS -> defaultDevices = false;
            case NO_REBOOT -> reboot = false;
            case DISPLAY, VNC, VGA, MONITOR, PARALLEL, NET -> absent(option, argument);
            case ENABLE_KVM, NO_USER_CONFIG, NO_SHUTDOWN, NAME -> {}
        }
    }

    private static void absent(QemuOption option, String argument) {
        if (!argument.equals("none")) {
            throw new ConfigurationException("%s: there is only 'none', not '%s'"
                    .formatted(option.synopsis().replaceFirst(" none$", ""), argument));
        }
    }

    private static long memory(String argument) {
        String size = null;
        for (KeyValues.Pair pair : KeyValues.parse(argument, "size")) {
            if (!pair.key().equals("size")) {
                throw new ConfigurationException("-m %s: there is no '%s' here".formatted(argument, pair.key()));
            }
            size = pair.value();
        }
        return size == null ? DEFAULT_MEMORY_BYTES : Quantity.bytes("-m", size);
    }

    private static long seed(String argument) {
        try {
            return Long.decode(argument);
        } catch (NumberFormatException e) {
            throw new ConfigurationException("-seed %s: Invalid seed number".formatted(argument));
        }
    }

    private boolean hasSerialPort() {
        return serial == null ? defaultDevices : !serial.equals("none");
    }

    /** What a run needs, without the listeners. */
    MachineConfig config() {
        CpuModel model = CpuModel.parse(cpu, "kvm");
        PcConfig pc = PcConfig.standard()
                .withDebugExit(null)
                .without(PcDevice.DEBUG_CONSOLE)
                .withEpochSeconds(rtc.epochSeconds(HostClock.epochSeconds()))
                .withIrqchip(machine.irqchip())
                .withPitLostTicks(machine.lostTicks());
        pc = machine.pit() ? pc : pc.without(PcDevice.PIT);
        pc = hasSerialPort() ? pc : pc.without(PcDevice.SERIAL_PORT);
        MachineConfig config = MachineConfig.standard()
                .withVcpus(topology.cpus(), topology.packages())
                .withMemoryBytes(memoryBytes)
                .withCpu(model)
                .withSeed(seed)
                .withPc(pc);
        return QemuWords.devices(devices, drives, config);
    }
}
