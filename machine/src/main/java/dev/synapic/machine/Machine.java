// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.interrupts.hyperv.GuestCrash;
import dev.synapic.interrupts.hyperv.PartitionPort;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IoEventFds;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.bus.MmioBus;
import dev.synapic.machine.device.DebugConsole;
import dev.synapic.machine.device.DebugExit;
import dev.synapic.machine.device.HypervTestDevice;
import dev.synapic.machine.device.MarkerPort;
import dev.synapic.machine.device.PowerPort;
import dev.synapic.machine.device.SerialPort;
import dev.synapic.machine.device.SynicDemoDevice;
import dev.synapic.machine.exits.ExitCounters;
import dev.synapic.machine.exits.ExitSites;
import dev.synapic.machine.firmware.PowerOnState;
import dev.synapic.machine.loader.Linux;
import dev.synapic.machine.loader.Multiboot;
import dev.synapic.machine.loader.Pvh;
import dev.synapic.machine.schedule.EventClock;
import dev.synapic.machine.schedule.EventQueue;
import dev.synapic.machine.schedule.VirtualTime;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.machine.trace.UnknownInstructions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A virtual machine: processors, local APICs, SynICs and devices in one virtual time, deterministic for given inputs and seed.
 *
 * <p>Threading: everything on the thread that calls {@link #run}; only {@link #interrupt} may come from another.
 */
public final class Machine implements AutoCloseable {
    /** GSIs below belong to interrupt controllers' pins. */
    private static final int FIRST_SINT_GSI = 24;

    private static final int RBX = 3;
    private static final int RSI = 6;

    /** In the trace, where keys are 0 to 255. */
    private static final int SHUTDOWN_INPUT = -1;

    /** How long a guest that has said that it crashed may go on, for what it has to print: 1 s of virtual time. */
    private static final long LAST_WORDS_PS = 1_000_000_000_000L;

    private final MachineConfig config;
    private final GuestMemory ram;
    private final Trace trace;
    private final ExitSites exitSites;
    private final InterruptCounters interrupts = new InterruptCounters();
    private final UnknownInstructions unknownInstructions = new UnknownInstructions();
    private final Vcpu[] vcpus;
    private final VcpuScheduler scheduler;
    private final InterruptFabric fabric;
    private final PcBoard board;
    private final EventQueue events = new EventQueue();
    private final @Nullable VmbusBoard vmbus;
    private boolean typing;
    private boolean listening;
    private volatile boolean interrupted;
    private volatile boolean shutdownWanted;
    private @Nullable RunResult ended;
    private @Nullable String panic;

    /** Puts a machine together, powered on, with nothing loaded. */
    public Machine(MachineConfig config) {
        this.config = config;
        this.ram = GuestMemory.allocate(config.memoryBytes());
        this.trace = new Trace(config.trace());
        this.exitSites = new ExitSites(ram);
        this.vcpus = new Vcpu[config.vcpus()];
        this.scheduler = new VcpuScheduler(vcpus, events, config.profile().lookaheadPs(), config.seed());
        FabricTrace fabricTrace = new FabricTrace(trace, interrupts, vcpus, scheduler);
        IpiTransit transit = new IpiTransit(config.profile(), vcpus, scheduler);
        Buses buses = new Buses(new IoBus(), new MmioBus());
        TimeReading time = new TimeReading();
        EventClock clock = new EventClock(events, () -> time.read(scheduler.nowPs()));
        this.fabric = new InterruptFabric(
                config, ram, transit, vcpus, scheduler, time, clock, this::setIntr, fabricTrace, hypervPort());
        fabric.watch(buses);
        VcpuAssembly assembly =
                new VcpuAssembly(config, ram, fabric, fabricTrace, buses, time, trace, exitSites, unknownInstructions);
        for (int i = 0; i < vcpus.length; i++) {
            vcpus[i] = assembly.assemble(i, vcpus);
        }
        this.board = new PcBoard(config, ram, fabric, buses, clock, new Power());
        SintGsiAllocator lines = new SintGsiAllocator(fabric.irqChip(), FIRST_SINT_GSI, GsiRoutingTable.MAX_GSI);
        attachDevices(buses.io(), lines);
        this.vmbus = config.hasVmbus() ? new VmbusBoard(config, ram, fabric, lines, clock) : null;
        scheduler.powerOn();
        input(config.seed());
        input(config.vcpus());
        input(config.memoryBytes());
        input(config.profile().fingerprint());
    }

    private void attachDevices(IoBus ioBus, SintGsiAllocator lines) {
        PcConfig pc = config.pc();
        if (pc.has(PcDevice.DEBUG_CONSOLE)) {
            ioBus.attach(DebugConsole.PORT, 1, new DebugConsole(config.console()));
        }
        PcConfig.Ports exit = pc.debugExit();
        if (exit != null) {
            ioBus.attach(exit.first(), exit.count(), new DebugExit(this::guestExit));
        }
        ioBus.attach(MarkerPort.PORT, MarkerPort.PORTS, new MarkerPort(this::mark));
        if (config.cpu().has(CpuFeature.HV_SYNIC)) {
            SynicDemoDevice.Timer timer =
                    (nanos, action) -> events.at(scheduler.nowPs() + VirtualTime.psOfNanos(nanos), action);
            ioBus.attach(
                    SynicDemoDevice.PORT,
                    SynicDemoDevice.PORTS,
                    new SynicDemoDevice(lines, fabric.slotTurns(), fabric.synIcPages(), ram, timer));
            if (pc.has(PcDevice.HYPERV_TESTDEV)) {
                ioBus.attach(
                        HypervTestDevice.PORT,
                        HypervTestDevice.PORTS,
                        new HypervTestDevice(
                                lines, fabric.slotTurns(), fabric.synIcPages(), fabric.connections(), ram));
            }
        }
    }

    /**
     * INT of the PIC pair leads to LINT0 of all processors. The first asks the pair for its vector; on all of them LINT0 may be something
     * else, as an NMI for a watchdog.
     */
    private void setIntr(boolean asserted) {
        vcpus[0].setExtInt(asserted, scheduler.nowPs());
        scheduler.arrivalFor(vcpus[0]);
        for (Vcpu vcpu : vcpus) {
            vcpu.apic().lint(0, asserted);
        }
    }

    /** What a guest asks for through Hyper-V's registers ends the run; who wants a reset begins a new machine. */
    private PartitionPort hypervPort() {
        return new PartitionPort() {
            @Override
            public void reset() {
                end(RunResult.Outcome.RESET, "the guest asked for a reset (HV_X64_MSR_RESET)");
            }

            @Override
            public void crashed(GuestCrash crash) {
                String message = panic == null ? crash.message() : panic;
                end(
                        RunResult.Outcome.GUEST_PANIC,
                        "the guest reports a crash, P0 to P4 %s%s"
                                .formatted(
                                        crash.parameters().stream()
                                                .map("0x%x"::formatted)
                                                .toList(),
                                        message == null
                                                ? ""
                                                : ": " + message.strip().replaceAll("\\R", " / ")));
            }
        };
    }

    /** Loads a Multiboot-1 kernel (ELF32) without modules. */
    public void loadMultiboot(String name, byte[] image, String commandLine) {
        loadMultiboot(name, image, commandLine, List.of());
    }

    /** Loads a Multiboot-1 kernel (ELF32) with its modules, and puts the first processor at its entry point. */
    public void loadMultiboot(String name, byte[] image, String commandLine, List<BootModule> modules) {
        Multiboot.Entry entry = Multiboot.load(name, image, commandLine, modules, ram);
        PowerOnState.enter(vcpus[0].apic());
        vcpus[0].cpu().enterFlatProtectedMode(entry.eip());
        vcpus[0].cpu().gpr[0] = Multiboot.BOOT_MAGIC;
        vcpus[0].cpu().gpr[3] = entry.info();
        input(Arrays.hashCode(image));
        input(Arrays.hashCode(commandLine.getBytes(StandardCharsets.UTF_8)));
        modules.forEach(module -> input(Arrays.hashCode(module.bytes())));
    }

    /**
     * Loads whichever kernel that is: a Linux bzImage, a Multiboot-1 kernel, or an ELF image for PVH, as Linux's vmlinux; to the first and the
     * last the modules are one initial RAM disk.
     */
    public void loadKernel(String name, byte[] image, String commandLine, List<BootModule> modules) {
        if (Linux.isBzImage(image)) {
            loadLinux(name, image, commandLine, initrd(modules));
        } else if (Pvh.isPvh(image) && !Multiboot.isMultiboot(image)) {
            loadPvh(name, image, commandLine, initrd(modules));
        } else {
            loadMultiboot(name, image, commandLine, modules);
        }
    }

    private static byte[] initrd(List<BootModule> modules) {
        ByteArrayOutputStream initrd = new ByteArrayOutputStream();
        modules.forEach(module -> initrd.writeBytes(module.bytes()));
        if (!modules.isEmpty() && initrd.size() == 0) {
            throw new ConfigurationException(
                    "-initrd %s: is empty".formatted(modules.getFirst().string()));
        }
        return initrd.toByteArray();
    }

    /** Loads an ELF image with a PVH entry point with its initial RAM disk, empty for none, and puts the first processor there. */
    public void loadPvh(String name, byte[] image, String commandLine, byte[] initrd) {
        Pvh.Entry entry = Pvh.load(name, image, commandLine, initrd, ram);
        PowerOnState.enter(vcpus[0].apic());
        vcpus[0].cpu().enterFlatProtectedMode(entry.eip());
        vcpus[0].cpu().gpr[RBX] = entry.startInfo();
        input(Arrays.hashCode(image));
        input(Arrays.hashCode(commandLine.getBytes(StandardCharsets.UTF_8)));
        input(Arrays.hashCode(initrd));
    }

    /** Loads a Linux bzImage with its initial RAM disk, empty for none, and puts the first processor at its 64-bit entry point. */
    public void loadLinux(String name, byte[] image, String commandLine, byte[] initrd) {
        Linux.Entry entry = Linux.load(name, image, commandLine, initrd, ram);
        PowerOnState.enter(vcpus[0].apic());
        Cpu cpu = vcpus[0].cpu();
        cpu.enterLongMode(entry.rip(), entry.cr3(), Linux.BOOT_CS, Linux.BOOT_DS);
        cpu.setGdt(entry.gdt(), entry.gdtLimit());
        cpu.gpr[RSI] = entry.bootParameters();
        input(Arrays.hashCode(image));
        input(Arrays.hashCode(commandLine.getBytes(StandardCharsets.UTF_8)));
        input(Arrays.hashCode(initrd));
    }

    private void input(long value) {
        trace.record(TraceEvent.INPUT, -1, 0, value, 0);
    }

    /** Runs until the guest ends it, nothing can happen any more, or a limit is reached. */
    public RunResult run() {
        return run(ConsoleInput.NONE);
    }

    /** The same while somebody types at the console. What is typed, and when it arrives, is an input of the run. */
    public RunResult run(ConsoleInput keys) {
        return run(keys, Pace.FREE);
    }

    /** The same at a pace. */
    public RunResult run(ConsoleInput keys, Pace pace) {
        Pacer pacer = new Pacer(pace, HostClock::nanos, () -> interrupted);
        while (ended == null) {
            if (!typing && !pacer.isFree(keys) && typedInTime(pacer, keys)) {
                continue;
            }
            VcpuScheduler.Step step = scheduler.step();
            if (ended == null && !typing && wantsKey(step, keys)) {
                type(keys.next(), scheduler.nowPs());
                continue;
            }
            if (ended == null && step != VcpuScheduler.Step.DONE) {
                ended = stuck(step);
            }
            if (shutdownWanted) {
                shutdownWanted = false;
                requestShutdownAt(scheduler.nowPs());
            }
            if (ended == null && interrupted) {
                ended = new RunResult(RunResult.Outcome.INTERRUPTED, -1, "interrupted");
            }
            if (ended == null && scheduler.nowPs() > config.maxVirtualPs()) {
                ended = new RunResult(RunResult.Outcome.TIME_LIMIT, -1, "the virtual-time limit is reached");
            }
        }
        return ended;
    }

    /** Waits for the next step; a key that comes before it is typed when it comes. */
    private boolean typedInTime(Pacer pacer, ConsoleInput keys) {
        long nowPs = scheduler.nowPs();
        long stepPs = scheduler.nextPs();
        long nextPs = stepPs == VirtualTime.NEVER ? stepPs : Math.min(stepPs, config.maxVirtualPs());
        boolean listens = board.keys().room() > 0 && listens(keys);
        long ps = pacer.await(nowPs, nextPs, listens ? keys : ConsoleInput.NONE);
        if (ps == nextPs || !listens || !keys.ready()) {
            return false;
        }
        type(keys.next(), ps);
        return true;
    }

    /** Whether the guest reads its console, as far as one must know before typing. */
    private boolean listens(ConsoleInput keys) {
        listening = listening || !keys.patient() || board.keys().listens();
        return listening;
    }

    /** Where nothing else can happen, the machine waits for a key. */
    private boolean wantsKey(VcpuScheduler.Step step, ConsoleInput keys) {
        if (step == VcpuScheduler.Step.DEADLOCK) {
            return keys.await();
        }
        return keys.ready() && board.keys().room() > 0 && listens(keys);
    }

    /** One key at a time, as an event of its own. */
    private void type(int key, long ps) {
        typing = true;
        events.at(Math.max(ps, scheduler.nowPs()), () -> {
            typing = false;
            trace.record(TraceEvent.INPUT, -1, scheduler.nowPs(), key, 0);
            board.keys().type(key);
        });
    }

    private RunResult stuck(VcpuScheduler.Step step) {
        if (panic != null) {
            return new RunResult(RunResult.Outcome.GUEST_PANIC, -1, panic);
        }
        if (step == VcpuScheduler.Step.DEADLOCK) {
            return new RunResult(RunResult.Outcome.DEADLOCK, -1, "deadlock: nothing can wake any vCPU");
        }
        Vcpu vcpu = scheduler.currentVcpu();
        return new RunResult(
                RunResult.Outcome.TRIPLE_FAULT,
                -1,
                "triple fault on vcpu %d at rip 0x%x".formatted(vcpu.index(), vcpu.cpu().rip));
    }

    /**
     * The guest has said, as on its console, that it crashed. However it ends now, by a reset or by being stuck, it ends as a panic with that
     * reason, and at the latest after 1 s of virtual time. On the machine's thread.
     */
    public void panicked(String reason) {
        if (panic == null) {
            panic = reason;
            events.at(scheduler.nowPs() + LAST_WORDS_PS, this::endPanic);
        }
    }

    /** A guest that {@link #panicked} has nothing more to say: the run ends. On the machine's thread. */
    public void endPanic() {
        if (panic != null && ended == null) {
            ended = new RunResult(RunResult.Outcome.GUEST_PANIC, -1, panic);
            scheduler.stopCurrent();
        }
    }

    /** Makes {@link #run} return soon; from any thread. */
    public void interrupt() {
        interrupted = true;
    }

    /** Asks the guest soon to shut down and switch off; from any thread. Needs VMBus. */
    public void requestShutdown() {
        vmbusOrRefuse();
        shutdownWanted = true;
    }

    /**
     * Asks the guest at that virtual time, in picoseconds, to shut down and switch off, or as soon as its driver is there. That is an input
     * of the run. On the machine's thread. Needs VMBus.
     */
    public void requestShutdownAt(long ps) {
        VmbusBoard board = vmbusOrRefuse();
        events.at(Math.max(ps, scheduler.nowPs()), () -> {
            trace.record(TraceEvent.INPUT, -1, scheduler.nowPs(), SHUTDOWN_INPUT, 0);
            board.shutdown().ask();
        });
    }

    private VmbusBoard vmbusOrRefuse() {
        if (vmbus == null) {
            throw new ConfigurationException(
                    "a guest can be asked to shut down only where it finds VMBus: there is none");
        }
        return vmbus;
    }

    void guestExit(int status) {
        ended = new RunResult(RunResult.Outcome.GUEST_EXIT, status, "the guest ended the run with status " + status);
        scheduler.stopCurrent();
    }

    private final class Power implements PowerPort {
        @Override
        public void powerOff() {
            end(RunResult.Outcome.POWER_OFF, "the guest switched the machine off");
        }

        @Override
        public void sleepForever(int type) {
            end(
                    RunResult.Outcome.DEADLOCK,
                    "deadlock: the guest sleeps with SLP_TYP %d, which is not offered, and nothing can wake it"
                            .formatted(type));
        }

        @Override
        public void reset(Reset reach, String by) {
            end(RunResult.Outcome.RESET, "the guest reset the machine by " + by);
        }
    }

    /** The door to the interrupt fabric for who adds devices: lines, messages, irqfds, routes. On the machine's thread. */
    public IrqChip irqChip() {
        return fabric.irqChip();
    }

    /** Which of the guest's writes to ports and memory become signals. */
    public IoEventFds ioEventFds() {
        return fabric.ioEventFds();
    }

    /** COM1, for whoever types. On the machine's thread only, and not between steps of a run that must be repeatable. */
    public SerialPort serial() {
        return board.serial();
    }

    private void end(RunResult.Outcome outcome, String reason) {
        boolean isStandstill = outcome == RunResult.Outcome.RESET || outcome == RunResult.Outcome.DEADLOCK;
        ended = isStandstill && panic != null
                ? new RunResult(RunResult.Outcome.GUEST_PANIC, -1, panic)
                : new RunResult(outcome, -1, reason);
        scheduler.stopCurrent();
    }

    void mark(int word) {
        trace.record(TraceEvent.GUEST_MARK, scheduler.currentVcpu().index(), scheduler.nowPs(), word, 0);
        config.marks().mark(this, word);
    }

    /** Whether a mark opens a scenario. */
    public static boolean begins(int mark) {
        return mark >>> 24 == MarkerPort.BEGIN;
    }

    public MachineConfig config() {
        return config;
    }

    InterruptFabric fabric() {
        return fabric;
    }

    public List<Vcpu> vcpus() {
        return List.of(vcpus);
    }

    public GuestMemory memory() {
        return ram;
    }

    public InterruptCounters interrupts() {
        return interrupts;
    }

    /** VMBus and its devices, or null on a machine without it. */
    public @Nullable VmbusBoard vmbus() {
        return vmbus;
    }

    public UnknownInstructions unknownInstructions() {
        return unknownInstructions;
    }

    /** Hash of the whole event trace so far. */
    public long traceHash() {
        return trace.hash();
    }

    public long traceEvents() {
        return trace.events();
    }

    /** Exits of all virtual CPUs together. */
    public ExitCounters exitCounters() {
        ExitCounters sum = new ExitCounters();
        for (Vcpu vcpu : vcpus) {
            sum.add(vcpu.exitCounters());
        }
        return sum;
    }

    /** Where in the guest's code the exits happen; counts from {@link ExitSites#record} on. */
    public ExitSites exitSites() {
        return exitSites;
    }

    /** Virtual time of the latest step, in picoseconds. */
    public long nowPs() {
        return scheduler.nowPs();
    }

    /** Why APICv is inhibited now, by name; empty while it is active or the profile has none. */
    public List<String> apicvInhibitReasons() {
        return names(fabric.apicv().reasons());
    }

    /** Every inhibit reason that was set at any time of the run. */
    public List<String> apicvInhibitReasonsSeen() {
        return names(fabric.inhibitReasonsSeen());
    }

    private static List<String> names(Set<InhibitReason> reasons) {
        return reasons.stream().map(Enum::name).toList();
    }

    /** What every virtual CPU does, what is pending there, who sent it and what blocks it. */
    public String stateDump() {
        return StateDump.of(this);
    }

    @Override
    public void close() {
        ram.close();
    }
}
