// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HypervMsrs;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvPort;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import dev.synapic.spec.kvm.KvmMsr;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Pic;
import dev.synapic.spec.x86.Pit;
import java.util.Random;

/**
 * Random acts of guests, devices and the VMM on a {@link FabricRig}. The same random numbers give the same acts, whatever
 * the rig is. What the acts see goes into the rig's log.
 */
final class GuestActions {
    static final int MEMORY_USED = 0x1_0000;
    private static final int ASSIST_PAGES = 0x2000;
    private static final int MESSAGE_PAGES = 0x6000;
    private static final int EVENT_PAGES = 0xA000;
    private static final int HYPERCALL_INPUT = 0xE000;
    private static final int PV_EOI_WORDS = 0xF000;
    private static final int STEAL_AREAS = 0xF100;
    private static final int CLOCKS = 0xF200;
    private static final int[] LVT = {
        ApicRegister.LVT_TIMER,
        ApicRegister.LVT_THERMAL,
        ApicRegister.LVT_PERFORMANCE,
        ApicRegister.LVT_LINT0,
        ApicRegister.LVT_LINT1,
        ApicRegister.LVT_ERROR
    };
    private static final int[] PIC_PORTS = {
        Pic.MASTER_COMMAND, Pic.MASTER_DATA, Pic.SLAVE_COMMAND, Pic.SLAVE_DATA, Pic.ELCR1, Pic.ELCR2
    };

    private final FabricRig rig;
    private final Random random;
    private int processor;
    private LocalApic apic;

    GuestActions(FabricRig rig, Random random) {
        this.rig = rig;
        this.random = random;
        this.apic = rig.apics.getFirst();
    }

    /** What a kernel does first, so that interrupts flow. */
    static void boot(FabricRig rig) {
        for (int i = 0; i < rig.apics.size(); i++) {
            LocalApic apic = rig.apics.get(i);
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
            apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24 + i);
            if (i % 2 == 1) {
                apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
            }
            HypervMsrs msrs = rig.msrs.get(i);
            msrs.write(HvMsr.HV_X64_MSR_SIMP, page(MESSAGE_PAGES, i) | 1);
            msrs.write(HvMsr.HV_X64_MSR_SIEFP, page(EVENT_PAGES, i) | 1);
            msrs.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        }
        for (int port : new int[] {Pic.MASTER_COMMAND, Pic.SLAVE_COMMAND}) {
            rig.chips.pic().out(port, 0x11);
            rig.chips.pic().out(port + 1, port == Pic.MASTER_COMMAND ? 0x30 : 0x38);
            rig.chips.pic().out(port + 1, port == Pic.MASTER_COMMAND ? 4 : 2);
            rig.chips.pic().out(port + 1, 1);
        }
    }

    private static long page(int first, int processor) {
        return first + 0x1000L * processor;
    }

    /** One act of one processor, or of what is around them, and some time. */
    void step() {
        processor = random.nextInt(rig.apics.size());
        apic = rig.apics.get(processor);
        rig.loadBitmaps();
        revive();
        int act = random.nextInt(26);
        if (act < 6 || act == 25) {
            serve(act);
        } else {
            collect();
            perform(act);
        }
        long now = rig.world.nanos;
        rig.pass(now + (random.nextInt(8) == 0 ? random.nextInt(3_000_000) : random.nextInt(400)));
    }

    /** Somebody is about to look at the APICs: the guest's lazy EOIs come in. */
    void collect() {
        for (HypervProcessor each : rig.processors) {
            each.assistPage().collect();
        }
    }

    void offer() {
        for (HypervProcessor each : rig.processors) {
            each.assistPage().offer();
        }
    }

    /** The processor takes what waits, or ends what it serves: by its assist page where that is offered. */
    private void serve(int act) {
        if (act == 0 || act == 1 || act == 25) {
            boolean offered = clearOffer((int) page(ASSIST_PAGES, processor));
            offered |= clearOffer(PV_EOI_WORDS + 8 * processor);
            collect();
            if (!offered) {
                end(act == 25);
            }
            return;
        }
        collect();
        int vector = apic.pendingVector();
        if (vector != LocalApic.NO_VECTOR) {
            apic.acknowledge(vector);
        } else if (processor == 0 && rig.chips.pic().output() && apic.acceptsExtInt()) {
            rig.note("extint " + rig.chips.pic().acknowledge());
        }
    }

    private boolean clearOffer(int word) {
        int bits = rig.world.memory.getInt(word);
        rig.world.memory.putInt(word, bits & ~1);
        return (bits & 1) != 0;
    }

    private void end(boolean bySyntheticRegister) {
        if (bySyntheticRegister) {
            synthetic(HvMsr.HV_X64_MSR_EOI, 0);
        } else if (apic.mode() != ApicMode.DISABLED) {
            register(ApicRegister.EOI, 0);
        }
    }

    private void perform(int act) {
        switch (act) {
            case 6 -> localVector();
            case 7 -> sendIpi();
            case 8 -> register(ApicRegister.TASK_PRIORITY, random.nextInt(4) == 0 ? random.nextInt(256) : 0);
            case 9 -> timer();
            case 10 -> rareRegister();
            case 11 -> redirectionEntry();
            case 12 ->
                rig.note("line " + rig.chip.irqLine(random.nextInt(25), random.nextBoolean(), random.nextInt(3)));
            case 13 -> eventFd();
            case 14 -> pic();
            case 15 -> pit();
            case 16, 17 -> synIc();
            case 18 -> syntheticTimer();
            case 19 -> partition();
            case 20 -> hypercall();
            case 21 -> rig.note("queue " + rig.queue.post(new SynIcMessage(1 + random.nextInt(99), 7, new byte[16])));
            case 22 -> emptySlot();
            case 23 -> processorEvents();
            default -> read();
        }
    }

    /** Most of the time most processors take interrupts. */
    private void revive() {
        if (apic.softwareEnabled() || random.nextInt(8) != 0) {
            return;
        }
        collect();
        if (apic.mode() == ApicMode.DISABLED) {
            apic.setApicBase(apic.apicBase() | ApicBaseMsr.ENABLE);
        }
        register(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
        if (apic.mode() == ApicMode.XAPIC) {
            register(ApicRegister.LOGICAL_DESTINATION, 1 << 24 + processor);
        }
    }

    // ---- local APIC

    private void register(int offset, int value) {
        try {
            if (apic.mode() == ApicMode.X2APIC) {
                apic.writeMsr(ApicRegister.msr(offset), Integer.toUnsignedLong(value));
            } else {
                apic.writeRegister(offset, value);
            }
        } catch (GeneralProtectionFault fault) {
            rig.note("#GP");
        }
    }

    private int vector() {
        return random.nextInt(40) == 0 ? random.nextInt(16) : 0x30 + random.nextInt(0x30);
    }

    private void localVector() {
        int offset = LVT[random.nextInt(LVT.length)];
        int mode = random.nextInt(3) == 0 ? random.nextInt(8) << 8 : 0;
        int trigger = random.nextInt(3) == 0 ? 1 << 15 : 0;
        int masked = random.nextInt(4) == 0 ? 1 << 16 : 0;
        int timer = offset == ApicRegister.LVT_TIMER ? random.nextInt(4) << 17 : 0;
        int pin = offset == ApicRegister.LVT_LINT0 || offset == ApicRegister.LVT_LINT1 ? mode | trigger : 0;
        register(offset, vector() | masked | timer | pin);
    }

    private void sendIpi() {
        int shorthand = random.nextInt(3) == 0 ? random.nextInt(4) << 18 : 0;
        int logical = random.nextBoolean() ? 1 << 11 : 0;
        int mode = random.nextInt(4) == 0 ? new int[] {1, 4, 5, 6}[random.nextInt(4)] << 8 : 0;
        int low = vector() | mode | logical | shorthand | 1 << 14;
        int target = logical != 0 ? 1 << random.nextInt(rig.apics.size()) : 3 * random.nextInt(rig.apics.size());
        try {
            if (apic.mode() == ApicMode.X2APIC) {
                apic.writeMsr(ApicRegister.msr(ApicRegister.ICR_LOW), (long) target << 32 | low);
            } else {
                apic.writeRegister(ApicRegister.ICR_HIGH, target << 24);
                apic.writeRegister(ApicRegister.ICR_LOW, low);
            }
        } catch (GeneralProtectionFault fault) {
            rig.note("#GP");
        }
    }

    private void timer() {
        switch (random.nextInt(3)) {
            case 0 -> register(ApicRegister.INITIAL_COUNT, random.nextInt(1_000));
            case 1 -> register(ApicRegister.DIVIDE_CONFIGURATION, random.nextInt(16) & 0xB);
            default -> apic.setTscDeadline(random.nextInt(8) == 0 ? 0 : rig.world.nanos * 2 + random.nextInt(2_000));
        }
    }

    private void rareRegister() {
        switch (random.nextInt(12)) {
            case 0 -> register(ApicRegister.SPURIOUS_VECTOR, 0xFF);
            case 1, 2, 3, 4 -> register(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
            case 5 -> setBase(random.nextInt(3));
            case 6 -> setBase(random.nextInt(3));
            case 7 -> register(ApicRegister.ERROR_STATUS, 0);
            case 8 -> register(ApicRegister.LOGICAL_DESTINATION, random.nextInt(16) << 24);
            case 9 -> register(0x3D0, 0);
            default -> apic.signal(LVT[1 + random.nextInt(2)]);
        }
    }

    private void setBase(int bits) {
        long mode = (bits & 1) == 0 ? ApicBaseMsr.ENABLE : ApicBaseMsr.ENABLE | ApicBaseMsr.X2APIC_ENABLE;
        try {
            apic.setApicBase(
                    apic.apicBase() & ~(ApicBaseMsr.ENABLE | ApicBaseMsr.X2APIC_ENABLE) | (bits == 2 ? 0 : mode));
        } catch (GeneralProtectionFault fault) {
            rig.note("#GP");
        }
    }

    private void processorEvents() {
        switch (random.nextInt(8)) {
            case 0 -> rig.note("nmi " + apic.takeNmi());
            case 1 -> apic.unblockNmi();
            case 2 -> {
                if (apic.takeInit()) {
                    apic.init();
                }
            }
            case 3 -> rig.note("sipi " + apic.takeSipi());
            case 4 -> rig.note("events " + apic.hasEvents());
            case 5 -> apic.arrive(ApicRequest.edge(DeliveryMode.SMI, 0));
            default -> apic.lint(1, random.nextBoolean());
        }
    }

    private void read() {
        int offset = 0x20 + (random.nextInt(0x3D) << 4);
        try {
            long value = apic.mode() == ApicMode.X2APIC
                    ? apic.readMsr(ApicRegister.msr(offset))
                    : Integer.toUnsignedLong(apic.readRegister(offset));
            rig.note("%x=%x".formatted(offset, value));
        } catch (GeneralProtectionFault fault) {
            rig.note("#GP");
        }
        rig.note("deadline " + apic.tscDeadline());
    }

    // ---- chips

    private void redirectionEntry() {
        int pin = random.nextBoolean() ? 9 + random.nextInt(4) : random.nextInt(24);
        int mode = random.nextInt(6) == 0 ? 1 << 8 : 0;
        int level = random.nextBoolean() ? 1 << 15 : 0;
        int masked = random.nextInt(5) == 0 ? 1 << 16 : 0;
        var ioApic = rig.chips.ioApic();
        ioApic.write(0, 4, 0x11 + 2 * pin);
        ioApic.write(0x10, 4, 3L * random.nextInt(rig.apics.size()) << 24);
        ioApic.write(0, 4, 0x10 + 2 * pin);
        ioApic.write(0x10, 4, vector() | mode | level | masked);
    }

    private void eventFd() {
        switch (random.nextInt(4)) {
            case 0 -> {
                rig.world.deviceAsserts = true;
                rig.resampledTrigger.signal();
            }
            case 1 -> rig.world.deviceAsserts = false;
            case 2 -> rig.pulsedTrigger.signal();
            default -> rig.note("msi " + rig.chip.signalMsi(0xFEE0_0000L | random.nextInt(12) << 12, vector()));
        }
    }

    private void pic() {
        if (random.nextInt(4) == 0) {
            rig.note("pic " + rig.chips.pic().in(PIC_PORTS[random.nextInt(6)]));
        } else {
            int port = PIC_PORTS[random.nextInt(6)];
            boolean command = port == Pic.MASTER_COMMAND || port == Pic.SLAVE_COMMAND;
            rig.chips.pic().out(port, command ? random.nextInt(0x70) & ~0x10 : random.nextInt(256));
        }
    }

    private void pit() {
        switch (random.nextInt(4)) {
            case 0 -> rig.pit.out(Pit.COMMAND, random.nextInt(256));
            case 1, 2 -> rig.pit.out(Pit.CHANNEL0 + random.nextInt(3), random.nextInt(256));
            default -> rig.note("pit " + rig.pit.in(random.nextBoolean() ? Pit.CHANNEL0 : Pit.SYSTEM_CONTROL));
        }
    }

    // ---- Hyper-V

    private void synthetic(int msr, long value) {
        try {
            rig.msrs.get(processor).write(msr, value);
        } catch (GeneralProtectionFault fault) {
            rig.note("#GP");
        }
    }

    private void kvm(int msr, long value) {
        try {
            rig.kvmMsrs.get(processor).write(msr, value);
        } catch (GeneralProtectionFault fault) {
            rig.note("#GP");
        }
    }

    private void kvmRegisters() {
        kvm(KvmMsr.MSR_KVM_STEAL_TIME, STEAL_AREAS + 0x40L * processor | random.nextInt(2));
        kvm(KvmMsr.MSR_KVM_SYSTEM_TIME_NEW, CLOCKS + 0x40L * processor | random.nextInt(2));
        kvm(KvmMsr.MSR_KVM_POLL_CONTROL, random.nextInt(2));
        rig.kvms.get(processor).stealTime().stolen(random.nextInt(100));
        if (random.nextBoolean()) {
            rig.kvms.get(processor).kick();
        }
    }

    private void synIc() {
        switch (random.nextInt(10)) {
            case 0 -> synthetic(HvMsr.HV_X64_MSR_SCONTROL, random.nextInt(4) == 0 ? 0 : 1);
            case 1 ->
                synthetic(HvMsr.HV_X64_MSR_SIMP, page(MESSAGE_PAGES, processor) | (random.nextInt(4) == 0 ? 0 : 1));
            case 2 ->
                synthetic(HvMsr.HV_X64_MSR_SIEFP, page(EVENT_PAGES, processor) | (random.nextInt(4) == 0 ? 0 : 1));
            case 3 -> synthetic(HvMsr.HV_X64_MSR_EOM, 0);
            case 4 -> synthetic(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE, page(ASSIST_PAGES, processor) | random.nextInt(2));
            case 5 -> rig.note("sint " + rig.synIcs.raise(processor, random.nextInt(4)));
            case 6 -> rig.note("flag " + rig.processors.get(processor).synIc().signalEvent(random.nextInt(4), 5));
            default -> {
                int sint = random.nextBoolean() ? FabricRig.QUEUE_SINT : random.nextInt(4);
                long masked = random.nextInt(3) == 0 ? 1L << 16 : 0;
                long autoEoi = random.nextInt(5) == 0 ? 1L << 17 : 0;
                long polled = random.nextInt(6) == 0 ? 1L << 18 : 0;
                long flags = masked | autoEoi | polled;
                synthetic(HvMsr.HV_X64_MSR_SINT0 + sint, flags | vector());
            }
        }
    }

    private void syntheticTimer() {
        int timer = random.nextInt(4);
        if (random.nextInt(3) == 0) {
            long direct = random.nextInt(3) == 0 ? 1L << 12 | (long) vector() << 4 : 0;
            long sint = 1L + random.nextInt(3);
            synthetic(HvMsr.HV_X64_MSR_STIMER0_CONFIG + 2 * timer, sint << 16 | direct | random.nextInt(16));
        } else {
            long now = rig.world.nanos / 100;
            long count = random.nextInt(6) == 0
                    ? 0
                    : random.nextBoolean() ? now + random.nextInt(50) : 20 + random.nextInt(99);
            synthetic(HvMsr.HV_X64_MSR_STIMER0_COUNT + 2 * timer, count);
        }
    }

    private void partition() {
        switch (random.nextInt(8)) {
            case 6 -> kvm(KvmMsr.MSR_KVM_PV_EOI_EN, PV_EOI_WORDS + 8L * processor | random.nextInt(2));
            case 7 -> kvmRegisters();
            case 0 -> synthetic(HvMsr.HV_X64_MSR_GUEST_OS_ID, random.nextInt(4) == 0 ? 0 : 0x8100_0000_0000_0000L);
            case 1 -> synthetic(HvMsr.HV_X64_MSR_HYPERCALL, 0x1000 | random.nextInt(2));
            case 2 -> synthetic(HvMsr.HV_X64_MSR_REFERENCE_TSC, random.nextInt(2));
            case 3 -> {
                int crash = HvMsr.HV_X64_MSR_CRASH_P0 + random.nextInt(5);
                int other = HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL + random.nextInt(2);
                synthetic(random.nextBoolean() ? crash : other, random.nextInt(100));
            }
            case 4 -> {
                long moved = random.nextInt(1000);
                rig.world.tscOffsets[processor] = moved;
                rig.partition.time().tscMoved(rig.world.nanos * 2, random.nextBoolean(), moved);
            }
            default -> synthetic(HvMsr.HV_X64_MSR_TPR, random.nextInt(4) == 0 ? random.nextInt(256) : 0);
        }
    }

    private void hypercall() {
        int mask = random.nextInt(1 << rig.apics.size());
        switch (random.nextInt(6)) {
            case 0 -> rig.note("pv " + rig.pvIpi.send(mask * 0x9 & 0x249, 0, 0, vector(), true));
            case 1 -> {
                long control = HypercallCode.HvCallSendSyntheticClusterIpi | HypercallInput.FAST;
                rig.note("ipi " + rig.hypercalls.invoke(control, vector(), mask, null));
            }
            case 2 -> {
                long flag = (long) random.nextInt(70) << 32;
                long control = HypercallCode.HvCallSignalEvent | HypercallInput.FAST;
                rig.note("event " + rig.hypercalls.invoke(control, FabricRig.EVENT_CONNECTION | flag, 0, null));
            }
            case 3, 4 -> port();
            default -> {
                int connection = FabricRig.PORT_CONNECTION + random.nextInt(2) * 3;
                rig.world.memory.putLong(HYPERCALL_INPUT, connection);
                rig.world.memory.putLong(HYPERCALL_INPUT + 8, 4L << 32 | 1 + random.nextInt(9));
                rig.note("post " + rig.hypercalls.invoke(HypercallCode.HvCallPostMessage, HYPERCALL_INPUT, 0, null));
            }
        }
    }

    /** Ports 1 to 4, whose connections are 10 to 13: messages for odd ones, events for even ones. */
    private void port() {
        long id = 1L + random.nextInt(4);
        int type = id % 2 == 1 ? HvPort.TYPE_MESSAGE : HvPort.TYPE_EVENT;
        long sintAndVp = 1L + random.nextInt(3) | (long) (random.nextInt(rig.apics.size() + 1) - 1) << 32;
        long flags = id % 2 == 1 ? 0 : 8L << 16;
        int result = switch (random.nextInt(8)) {
            case 0 -> ports(HypercallCode.HvCallDeletePort, -1, id);
            case 1 -> ports(HypercallCode.HvCallDisconnectPort, -1, 9 + id);
            case 2, 3 -> ports(HypercallCode.HvCallCreatePort, -1, id, -1, type, sintAndVp, flags, 0);
            case 4, 5 -> ports(HypercallCode.HvCallConnectPort, -1, 9 + id, -1, id, type, 0, 0, 0, 0);
            default -> ports(HypercallCode.HvCallSignalEvent, 9 + id | (long) random.nextInt(9) << 32);
        };
        rig.note("port " + result);
    }

    private int ports(int code, long... input) {
        for (int i = 0; i < input.length; i++) {
            rig.world.memory.putLong(HYPERCALL_INPUT + i * 8, input[i]);
        }
        return (int) rig.hypercalls.invoke(code, HYPERCALL_INPUT, 0, null);
    }

    private void emptySlot() {
        long slot = page(MESSAGE_PAGES, processor) + (long) (1 + random.nextInt(3)) * HvMessage.SIZE;
        rig.world.memory.putInt(slot, 0);
        if ((rig.world.memory.getByte(slot + HvMessage.FLAGS_OFFSET) & 1) != 0) {
            synthetic(HvMsr.HV_X64_MSR_EOM, 0);
        }
    }
}
