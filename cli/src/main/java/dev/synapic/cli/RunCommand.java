// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.debian.DebianGuests;
import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.cli.guests.Boot;
import dev.synapic.cli.guests.GuestImage;
import dev.synapic.cli.qemu.Drives;
import dev.synapic.cli.qemu.QemuWords;
import dev.synapic.cli.report.ExitDetails;
import dev.synapic.cli.report.RunReport;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.cli.terminal.OutputFile;
import dev.synapic.cli.terminal.Quantity;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.CpuModel;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.PcDevice;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.trace.TraceSink;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The command {@code synapic run}. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        customSynopsis = "synapic run (-kernel F | --guest NAME) [OPTIONS]",
        optionListHeading = "%nOptions:%n",
        description = {
            "Runs a Linux or a Multiboot-1 kernel; its serial port is standard input and output. On a terminal Ctrl-A"
                    + " X leaves.",
            "",
            "Options with one dash are QEMU's. The exit status is the guest's, by isa-debug-exit's convention."
        })
final class RunCommand implements Callable<Integer> {
    private final Session session;

    @Option(
            names = "-kernel",
            paramLabel = "F",
            description = "A Linux kernel (bzImage), a Multiboot-1 kernel (ELF32), or one for PVH (ELF, as vmlinux).")
    private @Nullable Path kernel;

    @Option(
            names = "--guest",
            paramLabel = "NAME",
            description =
                    "In place of -kernel: debian, debian-6.1 or debian-6.12 (see: synapic guest debian), or a guest of"
                        + " our own: hello-smp, ipi-bench, ipi-bench-twice, ipi-bench32, synic-demo or lost-ipi-halt.")
    private @Nullable String guest;

    @Option(names = "-append", paramLabel = "S", defaultValue = "", description = "The kernel's command line.")
    private String append = "";

    @Option(
            names = "-initrd",
            paramLabel = "\"F ARGS,F\"",
            description =
                    "Linux's initial RAM disk, or Multiboot modules: files, each with the words that the kernel finds"
                            + " beside it.")
    private @Nullable String initrd;

    @Option(
            names = "-device",
            paramLabel = "NAME,P=V",
            description = "Add a device, as pc-testdev or intel-iommu; -device help lists them.")
    private List<String> devices = List.of();

    @Option(
            names = "--disk",
            paramLabel = "FILE[,if=I][,readonly=on][,serial=S]",
            description =
                    "A raw image as a disk: on VMBus (if=scsi) where that is there, else by virtio-blk (if=virtio);"
                            + " may be given again.")
    private List<String> disks = List.of();

    @Option(
            names = "-smp",
            paramLabel = "N,cores=C",
            defaultValue = "1",
            description = "Virtual CPUs, and sockets=, dies=, cores=, threads= if they are not all cores of one socket"
                    + " (default: 1).")
    private String smp = "1";

    @Option(
            names = "-m",
            paramLabel = "SIZE",
            description = "RAM: 64M, 1G; a plain number is MiB (default: 64M; for debian 384M and 8M per vCPU).")
    private @Nullable String memory;

    @Option(
            names = "-cpu",
            paramLabel = "MODEL,+f,-f,f=on|off",
            defaultValue = "max",
            description = "max or qemu64, and features to switch (default: max).")
    private String cpu = "max";

    @Option(
            names = "--hypervisor",
            paramLabel = "H",
            defaultValue = "all",
            description = "Which hypervisor's interface the guest finds: none, kvm, hyperv or all (default: all).")
    private String hypervisor = "all";

    @Option(
            names = "--no-vmbus",
            description = "No VMBus, which a guest with Hyper-V's interface alone and a SynIC finds otherwise.")
    private boolean noVmbus;

    @Mixin
    private ScriptedCommand scripted = new ScriptedCommand();

    @Mixin
    private MachineOptions machine = new MachineOptions();

    @Option(
            names = "--apicv-policy",
            paramLabel = "P",
            defaultValue = "auto-eoi",
            description =
                    "When SynIC inhibits APICv: auto-eoi (while a SINT with auto-EOI is live, as KVM since 5.15) or"
                            + " activation (from its activation on, as first designed) (default: auto-eoi).")
    private String apicvPolicy = "auto-eoi";

    @Option(
            names = "--max-virtual-time",
            paramLabel = "T",
            description = "End the run after 10s, 500ms or 20us of virtual time, with status 124.")
    private @Nullable String maxVirtualTime;

    @Option(
            names = "--shutdown-after",
            paramLabel = "T",
            description = "Ask the guest through VMBus to shut down, after so much virtual time.")
    private @Nullable String shutdownAfter;

    @Mixin
    private TypedInput typed = new TypedInput();

    @Mixin
    private ExitOptions exits = new ExitOptions();

    @Option(
            names = "--json",
            description = "The result as JSON on standard output; the guest's serial port goes to standard error.")
    private boolean json;

    @Option(names = "--trace", paramLabel = "F", description = "Write every event as a line in ftrace's format.")
    private @Nullable Path trace;

    RunCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (devices.contains("help") || devices.contains("?")) {
            QemuWords.deviceList().forEach(session.console().out()::println);
            return ExitStatus.CLEAN;
        }
        exits.read();
        typed.check();
        LinuxGuest debian = debian();
        scripted.check(debian != null);
        Boot given = debian == null ? given() : null;
        ExitDetails details = new ExitDetails();
        OutputFile traceFile = trace == null ? null : OutputFile.checked("--trace", trace);
        Console console = session.console();
        GuestConsole serial = new GuestConsole(scripted.consoleStream(json ? console.err() : console.out(), console));
        try (Drives drives = new Drives(line -> console.err().println("synapic: " + line));
                TraceFile events = new TraceFile(traceFile);
                Machine guestMachine = new Machine(config(debian != null, serial, details, events, drives))) {
            Boot boot = debian == null
                    ? Objects.requireNonNull(given)
                    : debian.boot(guestMachine.config().pc(), append, scripted.text());
            boot.loadInto(guestMachine);
            boolean linux = boot.image().isLinux();
            if (linux) {
                serial.watch(new LinuxPanic(guestMachine::panicked, guestMachine::endPanic));
            }
            if (shutdownAfter != null) {
                guestMachine.requestShutdownAt(Quantity.picoseconds("--shutdown-after", shutdownAfter));
            }
            exits.prepare(guestMachine);
            events.open();
            RunResult result = typed.run(guestMachine, serial, session, scripted.text() != null);
            serial.end();
            scripted.end();
            print(new RunReport(guestMachine, result, details, exits.symbols(guestMachine, boot.image())), serial);
            if (linux && result.outcome() == RunResult.Outcome.DEADLOCK && serial.isEmpty()) {
                console.err()
                        .println("synapic: the kernel halted before it printed anything; a damaged one says so with"
                                + " -append earlyprintk=ttyS0");
            }
            return scripted.status(status(result), serial, console);
        }
    }

    private void print(RunReport report, GuestConsole serial) {
        Console console = session.console();
        if (json) {
            console.out().println(report.json(serial.text(), scripted.json()));
        } else {
            PrintStream out = scripted.consoleStream(console.out(), console);
            report.notes().forEach(out::println);
            if (exits.wanted()) {
                report.exits(exits.perVcpu()).forEach((scripted.text() == null ? out : console.err())::println);
            }
        }
        console.out().flush();
        if (typed.left()) {
            console.err().println("synapic: left by Ctrl-A X");
        } else {
            report.ending().forEach(console.err()::println);
        }
    }

    private int status(RunResult result) {
        return switch (result.outcome()) {
            case GUEST_EXIT -> result.guestStatus();
            case POWER_OFF, RESET -> ExitStatus.CLEAN;
            case DEADLOCK, TRIPLE_FAULT, GUEST_PANIC -> ExitStatus.STUCK;
            case TIME_LIMIT -> ExitStatus.LIMIT_REACHED;
            case INTERRUPTED -> typed.left() ? ExitStatus.CLEAN : ExitStatus.INTERRUPTED;
        };
    }

    /** A guest of Debian's, or null where another one is named. */
    private @Nullable LinuxGuest debian() {
        String name = guest;
        if (kernel != null || name == null || !DebianGuests.isName(name)) {
            return null;
        }
        if (initrd != null) {
            throw new ConfigurationException(
                    "--guest " + name + " has an initial RAM disk of its own; -initrd goes with -kernel");
        }
        Console console = session.console();
        return new DebianGuests(DebianGuests.userCache()).named(name, what -> {
            if (console.interactive()) {
                console.err().println("synapic: " + what);
            }
        });
    }

    private Boot given() {
        List<BootModule> modules = initrd == null ? List.of() : QemuWords.modules(initrd);
        return new Boot(image(), append, modules);
    }

    private GuestImage image() {
        Path file = kernel;
        String name = guest;
        if (file != null && name != null) {
            throw new ConfigurationException("-kernel and --guest exclude each other");
        }
        if (file != null) {
            return GuestImage.file(file);
        }
        if (name != null) {
            return GuestImage.packed(name);
        }
        throw new ConfigurationException("nothing to run: -kernel FILE or --guest NAME is missing");
    }

    private MachineConfig config(
            boolean debian, GuestConsole serial, TraceSink details, TraceFile events, Drives drives) {
        TraceSink sink = trace == null
                ? details
                : (event, vcpu, ps, a, b) -> {
                    details.event(event, vcpu, ps, a, b);
                    events.event(event, vcpu, ps, a, b);
                };
        MachineConfig standard = MachineConfig.standard();
        long most = maxVirtualTime == null
                ? standard.maxVirtualPs()
                : Quantity.picoseconds("--max-virtual-time", maxVirtualTime);
        MachineConfig processors = QemuWords.smp(smp, standard);
        long ofDebian = LinuxGuest.memoryBytes(processors.vcpus());
        long otherwise = debian ? ofDebian : standard.memoryBytes();
        MachineConfig config = processors
                .withMemoryBytes(memory == null ? otherwise : Quantity.bytes("-m", memory))
                .withProfile(machine.profile())
                .withCpu(CpuModel.parse(cpu, hypervisor))
                .withSeed(machine.seed())
                .withApicvPolicy(policy())
                .withMaxVirtualPs(most)
                .withConsole(serial)
                .withTrace(sink);
        if (config.cpu().isHypervWithSynIc() && !noVmbus) {
            config = config.withPc(config.pc().with(PcDevice.VMBUS));
        }
        disks.forEach(drives::disk);
        MachineConfig whole = QemuWords.devices(devices, drives, config);
        if (shutdownAfter != null && !whole.hasVmbus()) {
            throw new ConfigurationException("--shutdown-after: the guest is asked through VMBus, which it finds with"
                    + " --hypervisor hyperv or -device vmbus-bridge");
        }
        return scripted.listen(whole, json, session.console());
    }

    private SynIcApicvPolicy.Rule policy() {
        return switch (apicvPolicy) {
            case "auto-eoi" -> SynIcApicvPolicy.Rule.AUTO_EOI;
            case "activation" -> SynIcApicvPolicy.Rule.ACTIVATION;
            default -> throw new ConfigurationException("--apicv-policy " + apicvPolicy + ": auto-eoi or activation");
        };
    }
}
