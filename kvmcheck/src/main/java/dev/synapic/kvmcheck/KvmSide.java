// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.kvmcheck.GuestStub.Fragment;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Lvt;
import dev.synapic.spec.x86.Msr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** The machine of the kernel: local APICs, I/O APIC and both 8259A in KVM, and a guest that does what a step says. */
final class KvmSide implements Side {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int APIC_PAGE = 0xFEE0_0000;
    private static final int IOAPIC_PAGE = 0xFEC0_0000;
    private static final int GENERAL_PROTECTION = 13;
    private static final int NO_FD = -1;
    private static final int IOAPIC = 2;

    private final Shape shape;
    private final Snapshot layout;
    private final Libc libc;
    private final KvmVm vm;
    private final List<KvmVcpu> vcpus = new ArrayList<>();
    private final boolean[] x2apic;
    private final long[] nmisTaken;
    private final List<Integer> triggers = new ArrayList<>();
    private final List<Integer> resamples = new ArrayList<>();
    private final long[] resampled = new long[Shape.TRIGGERS.size()];
    private final WorkMarker marker;
    private List<GsiRoute> routes = Shape.routes();

    KvmSide(Kvm kvm, Shape shape) {
        this.shape = shape;
        layout = new Snapshot(shape);
        libc = kvm.libc();
        vm = kvm.createVm();
        marker = new WorkMarker(kvm);
        vm.createIrqChip();
        if (kvm.checkExtension(KvmAbi.CAP_DISABLE_QUIRKS2) != 0) {
            vm.enable(KvmAbi.CAP_DISABLE_QUIRKS2, KvmAbi.QUIRK_LINT0_REENABLED);
        }
        GuestStub.install(vm.createMemory(GuestStub.MEMORY_BYTES));
        x2apic = new boolean[shape.vcpus()];
        nmisTaken = new long[shape.vcpus()];
        for (int id : shape.apicIds()) {
            KvmVcpu vcpu = vm.createVcpu(id);
            vcpu.setRunnable();
            vcpus.add(vcpu);
        }
        initializePic(0, Shape.MASTER_BASE);
        initializePic(1, Shape.SLAVE_BASE);
        vm.setGsiRouting(routes);
        for (Shape.Trigger trigger : Shape.TRIGGERS) {
            int fd = libc.eventfd();
            triggers.add(fd);
            resamples.add(trigger.resamples() ? libc.eventfd() : NO_FD);
            if (trigger.resamples()) {
                vm.irqfd(fd, trigger.gsi(), resamples.getLast());
            } else {
                vm.irqfd(fd, trigger.gsi());
            }
        }
        reloadPages();
    }

    /** KVM unmasks LINT0 of the bootstrap processor when it is made, before the quirk can be switched off. */
    private void reloadPages() {
        MemorySegment page = vcpus.getFirst().lapic();
        page.set(INT, ApicRegister.LVT_LINT0, Lvt.MASKED);
        vcpus.getFirst().setLapic();
    }

    private void initializePic(int chip, int base) {
        MemorySegment pic = vm.getIrqChip(chip);
        pic.set(ValueLayout.JAVA_BYTE, KvmAbi.PIC_IRQ_BASE, (byte) base);
        pic.set(ValueLayout.JAVA_BYTE, KvmAbi.PIC_INIT4, (byte) 1);
        vm.setIrqChip(chip);
    }

    @Override
    public long apply(Step step) {
        long result = step.kind().guest() ? applyInGuest(step) : applyOutside(step);
        for (int i = 0; i < resamples.size(); i++) {
            if (resamples.get(i) != NO_FD) {
                resampled[i] += libc.take(resamples.get(i));
            }
        }
        return result;
    }

    private long applyOutside(Step step) {
        switch (step.kind()) {
            case LINE -> {
                return vm.irqLine(step.at(), step.value() != 0);
            }
            case MSI -> {
                return vm.signalMsi(step.value(), step.at());
            }
            case SIGNAL -> {
                libc.signal(triggers.get(step.at()));
                marker.await();
            }
            case ROUTE -> {
                routes = Shape.changed(routes, step);
                vm.setGsiRouting(routes);
            }
            case RELOAD -> {
                KvmVcpu vcpu = vcpus.get(step.vcpu());
                vcpu.lapic();
                vcpu.setLapic();
            }
            default -> throw new IllegalArgumentException("a guest does " + step.kind());
        }
        return 0;
    }

    private long applyInGuest(Step step) {
        int at = step.at();
        long value = step.value();
        return switch (step.kind()) {
            case WRITE_APIC ->
                x2apic[step.vcpu()]
                        ? writeMsr(step.vcpu(), ApicRegister.msr(at), value & 0xFFFF_FFFFL)
                        : write(step.vcpu(), Fragment.WRITE_MEMORY, (int) value, APIC_PAGE + at, 0, 0);
            case READ_APIC ->
                x2apic[step.vcpu()]
                        ? readMsr(step.vcpu(), ApicRegister.msr(at))
                        : run(step.vcpu(), Fragment.READ_MEMORY, 0, APIC_PAGE + at, 0, 0);
            case IPI ->
                x2apic[step.vcpu()]
                        ? writeMsr(step.vcpu(), Msr.X2APIC_ICR, value << 32 | Integer.toUnsignedLong(at))
                        : write(step.vcpu(), Fragment.WRITE_ICR, at, APIC_PAGE, (int) value << 24, 0);
            case WRITE_MSR -> writeMsr(step.vcpu(), at, value);
            case READ_MSR -> readMsr(step.vcpu(), at);
            case WRITE_IOAPIC -> write(step.vcpu(), Fragment.WRITE_WINDOW, (int) value, IOAPIC_PAGE, at, 0);
            case READ_IOAPIC -> run(step.vcpu(), Fragment.READ_WINDOW, 0, IOAPIC_PAGE, at, 0);
            case WRITE_PORT -> write(step.vcpu(), Fragment.WRITE_PORT, (int) value, 0, 0, at);
            case READ_PORT -> run(step.vcpu(), Fragment.READ_PORT, 0, 0, 0, at) & 0xFF;
            case TAKE -> run(step.vcpu(), Fragment.LET_IN, 0, 0, 0, 0);
            default -> throw new IllegalArgumentException("no guest does " + step.kind());
        };
    }

    private long writeMsr(int index, int msr, long value) {
        long result = write(index, Fragment.WRITE_MSR, (int) value, 0, msr, (int) (value >>> 32));
        if (msr == Msr.IA32_APIC_BASE && result != FAULT) {
            x2apic[index] = (value & ApicBaseMsr.X2APIC_ENABLE) != 0;
        }
        return result;
    }

    private long readMsr(int index, int msr) {
        long low = run(index, Fragment.READ_MSR, 0, 0, msr, 0);
        return low == FAULT ? FAULT : vcpus.get(index).register(KvmAbi.REGS_RDX) << 32 | low;
    }

    /** A fragment that reads nothing. */
    private long write(int index, Fragment fragment, int eax, int ebx, int ecx, int edx) {
        return run(index, fragment, eax, ebx, ecx, edx) == FAULT ? FAULT : 0;
    }

    /** Runs a fragment to its end. Returns EAX, or the vector taken with {@link Fragment#LET_IN}, or NOTHING, or FAULT. */
    private long run(int index, Fragment fragment, int eax, int ebx, int ecx, int edx) {
        KvmVcpu vcpu = vcpus.get(index);
        enterProtectedMode(vcpu);
        vcpu.prepare(fragment.address(), GuestStub.STACK_TOP, eax, ebx, ecx, edx);
        vcpu.run();
        while (vcpu.port() == GuestStub.PORT_NMI) {
            nmisTaken[index]++;
            vcpu.run();
        }
        if (vcpu.port() == GuestStub.PORT_DONE) {
            return fragment == Fragment.LET_IN ? NOTHING : Integer.toUnsignedLong(vcpu.written());
        }
        int vector = vcpu.written();
        if (fragment == Fragment.LET_IN) {
            return vector;
        }
        if (vcpu.port() == GuestStub.PORT_VECTOR && vector == GENERAL_PROTECTION) {
            return FAULT;
        }
        throw new IllegalStateException("vcpu " + index + " came to vector " + vector + " in " + fragment);
    }

    /** A processor that INIT or SIPI has reset is given its segments again. */
    private static void enterProtectedMode(KvmVcpu vcpu) {
        MemorySegment sregs = vcpu.specialRegisters();
        long cr0 = sregs.get(LONG, KvmAbi.SREGS_CR0);
        if ((cr0 & Cr0.PE) != 0) {
            return;
        }
        setSegment(sregs, KvmAbi.SREGS_CS, GuestStub.CODE_SELECTOR, 0xB);
        for (int segment = KvmAbi.SREGS_DS; segment <= KvmAbi.SREGS_SS; segment += KvmAbi.SEGMENT) {
            setSegment(sregs, segment, GuestStub.DATA_SELECTOR, 3);
        }
        setTable(sregs, KvmAbi.SREGS_GDT, GuestStub.GDT, GuestStub.GDT_LIMIT);
        setTable(sregs, KvmAbi.SREGS_IDT, GuestStub.IDT, GuestStub.IDT_LIMIT);
        sregs.set(LONG, KvmAbi.SREGS_CR0, cr0 | Cr0.PE);
        vcpu.setSpecialRegisters();
    }

    private static void setSegment(MemorySegment sregs, int at, int selector, int type) {
        sregs.set(LONG, at + KvmAbi.SEGMENT_BASE, 0);
        sregs.set(INT, at + KvmAbi.SEGMENT_LIMIT, -1);
        sregs.set(ValueLayout.JAVA_SHORT, at + KvmAbi.SEGMENT_SELECTOR, (short) selector);
        sregs.set(ValueLayout.JAVA_BYTE, at + KvmAbi.SEGMENT_TYPE, (byte) type);
        sregs.set(ValueLayout.JAVA_BYTE, at + KvmAbi.SEGMENT_PRESENT, (byte) 1);
        sregs.set(ValueLayout.JAVA_BYTE, at + KvmAbi.SEGMENT_DB, (byte) 1);
        sregs.set(ValueLayout.JAVA_BYTE, at + KvmAbi.SEGMENT_S, (byte) 1);
        sregs.set(ValueLayout.JAVA_BYTE, at + KvmAbi.SEGMENT_G, (byte) 1);
    }

    private static void setTable(MemorySegment sregs, int at, long base, int limit) {
        sregs.set(LONG, at, base);
        sregs.set(ValueLayout.JAVA_SHORT, at + KvmAbi.DTABLE_LIMIT, (short) limit);
    }

    @Override
    public void read(long[] state) {
        for (int i = 0; i < vcpus.size(); i++) {
            KvmVcpu vcpu = vcpus.get(i);
            int at = Snapshot.vcpu(i);
            // First, for it lets INIT and SIPI happen.
            state[at + Snapshot.WAITS_FOR_SIPI] = vcpu.mpState() == KvmAbi.MP_STATE_RUNNABLE ? 0 : 1;
            state[at + Snapshot.NMIS_PENDING] = vcpu.pendingNmis();
            state[at + Snapshot.NMIS_TAKEN] = nmisTaken[i];
            MemorySegment page = vcpu.lapic();
            for (int register = 0; register < Snapshot.APIC_REGISTERS; register++) {
                state[at + register] = Integer.toUnsignedLong(page.get(INT, (long) register << 4));
            }
        }
        readChips(state);
        System.arraycopy(resampled, 0, state, layout.counter(0), resampled.length);
    }

    private void readChips(long[] state) {
        MemorySegment ioApic = vm.getIrqChip(IOAPIC);
        for (int pin = 0; pin < Shape.IOAPIC_PINS; pin++) {
            state[layout.entry(pin)] = ioApic.get(LONG, KvmAbi.IOAPIC_ENTRIES + 8L * pin);
        }
        state[layout.lines()] = ioApic.get(INT, KvmAbi.IOAPIC_IRR);
        state[layout.ioApicId()] = ioApic.get(INT, KvmAbi.IOAPIC_ID);
        state[layout.select()] = ioApic.get(INT, KvmAbi.IOAPIC_SELECT);
        for (int chip = 0; chip < 2; chip++) {
            MemorySegment pic = vm.getIrqChip(chip);
            for (int field = 0; field < Snapshot.PIC_FIELDS; field++) {
                state[layout.pic(chip) + field] = Byte.toUnsignedLong(pic.get(ValueLayout.JAVA_BYTE, field));
            }
        }
    }

    Shape shape() {
        return shape;
    }

    @Override
    public void close() {
        vm.close();
        marker.close();
        triggers.forEach(libc::close);
        resamples.stream().filter(fd -> fd != NO_FD).forEach(libc::close);
    }
}
