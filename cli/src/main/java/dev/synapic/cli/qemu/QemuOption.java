// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The options of QEMU that there are here: names, what each takes, and its line of help. */
enum QemuOption {
    HELP("", "display this help and exit", "h", "help"),
    VERSION("", "display version information and exit", "version"),
    MACHINE(
            "[type=]name[,prop=value...]",
            "q35 or pc, both the same board; accel=, kernel-irqchip=on|off|split, pit=on|off",
            "machine",
            "M"),
    ACCEL("name", "kvm or tcg; both mean Synapic's own engine", "accel"),
    ENABLE_KVM("", "the same as -accel kvm", "enable-kvm"),
    CPU("model[,+flag,-flag,flag=on|off...]", "select the CPU ('-cpu help' for a list)", "cpu"),
    SMP("[cpus=]n[,sockets=,dies=,cores=,threads=,maxcpus=]", "number and topology of virtual CPUs", "smp"),
    MEMORY("[size=]n[K|M|G|T]", "guest RAM; a plain number is MiB (default: 128)", "m"),
    KERNEL("file", "Multiboot-1 kernel (ELF32)", "kernel"),
    INITRD("\"file args,file2\"", "Multiboot modules", "initrd"),
    APPEND("string", "kernel command line", "append"),
    DEVICE("name[,prop=value...]", "add a device ('-device help' for a list)", "device"),
    DRIVE(
            "file=F,if=virtio|none[,id=I][,format=raw][,readonly=on|off]",
            "a raw image as a disk; if=none for '-device virtio-blk-pci,drive=I'",
            "drive"),
    GLOBAL("kvm-pit.lost_tick_policy=delay|discard", "what becomes of lost ticks of the PIT", "global"),
    RTC("[base=utc|localtime|datetime][,clock=]", "the calendar's time at start (default: the host's, UTC)", "rtc"),
    SERIAL("stdio|mon:stdio|file:path|null|none", "where COM1 leads", "serial"),
    DISPLAY("none", "there is no display", "display"),
    VNC("none", "there is no display", "vnc"),
    VGA("none", "there is no display", "vga"),
    MONITOR("none", "there is no monitor", "monitor"),
    PARALLEL("none", "there is no parallel port", "parallel"),
    NET("none", "there is no network", "net", "nic"),
    NOGRAPHIC("", "COM1 on standard input and output", "nographic"),
    NODEFAULTS("", "no default devices", "nodefaults"),
    NO_USER_CONFIG("", "no configuration files are ever read", "no-user-config"),
    NO_REBOOT("", "exit instead of rebooting", "no-reboot"),
    NO_SHUTDOWN("", "accepted; a machine that is switched off ends", "no-shutdown"),
    NAME("string", "a name for the guest", "name"),
    SEED("number", "seed of whatever is random", "seed");

    private final String parameter;
    private final String help;

    @SuppressWarnings("ImmutableEnumChecker") // List.of
    private final List<String> names;

    QemuOption(String parameter, String help, String... names) {
        this.parameter = parameter;
        this.help = help;
        this.names = List.of(names);
    }

    boolean takesArgument() {
        return !parameter.isEmpty();
    }

    /** As in help: {@code -kernel file}. */
    String synopsis() {
        return String.join(" or ", names.stream().map(name -> "-" + name).toList())
                + (takesArgument() ? " " + parameter : "");
    }

    String help() {
        return help;
    }

    /** The option of that name, without its dashes. */
    static Optional<QemuOption> named(String name) {
        return Stream.of(values()).filter(o -> o.names.contains(name)).findFirst();
    }
}
