// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HypercallRegisters;
import dev.synapic.interrupts.hyperv.XmmRegisters;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.interrupts.pic.PicPair;
import dev.synapic.interrupts.pit.Pit8254;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.kvm.KvmMsr;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.Msr;

/** What a guest's instructions do to the fabric: MSRs, device addresses, ports, hypercalls. Faults are thrown. */
final class GuestAccess {
    private static final long PAGE_MASK = 0xFFF;
    private static final long IO_APIC = 0xFEC0_0000L;

    private final DrivenFabric fabric;

    GuestAccess(DrivenFabric fabric) {
        this.fabric = fabric;
    }

    // ---- MSRs -------------------------------------------------------------------------------------------------------

    long readMsr(DrivenProcessor processor, int msr) {
        LocalApic apic = processor.apic();
        if (msr >= Msr.X2APIC_FIRST && msr <= Msr.X2APIC_LAST) {
            return apic.readMsr(msr);
        }
        if (HvMsr.isSynthetic(msr)) {
            requireHyperv();
            return processor.hypervMsrs().read(msr);
        }
        if (KvmMsr.isKvm(msr)) {
            requireKvm();
            return processor.kvmMsrs().read(msr);
        }
        FabricTime time = fabric.time();
        return switch (msr) {
            case Msr.IA32_APIC_BASE -> apic.apicBase();
            case Msr.IA32_TSC_DEADLINE -> apic.tscDeadline();
            case Msr.IA32_TIME_STAMP_COUNTER -> time.tsc(processor.index());
            case Msr.IA32_TSC_ADJUST -> time.tscOffset(processor.index());
            default -> throw generalProtection();
        };
    }

    void writeMsr(DrivenProcessor processor, int msr, long value) {
        LocalApic apic = processor.apic();
        if (msr >= Msr.X2APIC_FIRST && msr <= Msr.X2APIC_LAST) {
            apic.writeMsr(msr, value);
            return;
        }
        if (msr == HvMsr.HV_X64_MSR_VP_ASSIST_PAGE || msr == KvmMsr.MSR_KVM_PV_EOI_EN) {
            fabric.mayEndLazily();
        }
        if (HvMsr.isSynthetic(msr)) {
            requireHyperv();
            processor.hypervMsrs().write(msr, value);
            return;
        }
        if (KvmMsr.isKvm(msr)) {
            requireKvm();
            processor.kvmMsrs().write(msr, value);
            return;
        }
        FabricTime time = fabric.time();
        int index = processor.index();
        switch (msr) {
            case Msr.IA32_APIC_BASE -> {
                apic.setApicBase(value);
                fabric.addressPolicy().baseWritten(apic);
            }
            case Msr.IA32_TSC_DEADLINE -> apic.setTscDeadline(value);
            // SDM vol. 3B, 18.17.3: a write to the TSC moves TSC_ADJUST by the same amount
            case Msr.IA32_TIME_STAMP_COUNTER -> moveTsc(index, time.tscOffset(index) + value - time.tsc(index));
            case Msr.IA32_TSC_ADJUST -> moveTsc(index, value);
            default -> throw generalProtection();
        }
    }

    private void moveTsc(int index, long offset) {
        FabricTime time = fabric.time();
        time.setTscOffset(index, offset);
        fabric.partition().time().tscMoved(time.machineTsc(), time.inStep(), offset);
        fabric.kvmClock().tscMoved(index, time.inStep(), offset);
    }

    private void requireHyperv() {
        if (!fabric.options().face().hasHyperv()) {
            throw generalProtection();
        }
    }

    private void requireKvm() {
        if (!fabric.options().face().hasKvm()) {
            throw generalProtection();
        }
    }

    // ---- addresses and ports ----------------------------------------------------------------------------------------

    long readMmio(DrivenProcessor processor, long gpa, int size) {
        if (isApicPage(processor, gpa)) {
            return processor.apic().readMmio((int) (gpa & PAGE_MASK), size);
        }
        if (isIoApic(gpa)) {
            return fabric.chips().chips().ioApic().read((int) (gpa & PAGE_MASK), size);
        }
        requireNoRam(gpa);
        return -1L >>> Long.SIZE - Byte.SIZE * size;
    }

    void writeMmio(DrivenProcessor processor, long gpa, int size, long value) {
        if (isApicPage(processor, gpa)) {
            processor.apic().writeMmio((int) (gpa & PAGE_MASK), size, value);
        } else if (isIoApic(gpa)) {
            fabric.chips().chips().ioApic().write((int) (gpa & PAGE_MASK), size, value);
        } else {
            requireNoRam(gpa);
        }
    }

    /** RAM is reached by other requests. */
    private void requireNoRam(long gpa) {
        if (fabric.memory().contains(gpa, 1)) {
            throw new BadRequest("field 'gpa' is " + Numbers.hex(gpa) + ", which is RAM; use mem-read and mem-write");
        }
    }

    private static boolean isApicPage(DrivenProcessor processor, long gpa) {
        ApicBaseMsr base = new ApicBaseMsr(processor.apic().apicBase());
        return base.mode() == ApicMode.XAPIC && (gpa & ~PAGE_MASK) == base.base();
    }

    private static boolean isIoApic(long gpa) {
        return (gpa & ~PAGE_MASK) == IO_APIC;
    }

    int readPort(int port) {
        if (PicPair.hasPort(port)) {
            return fabric.chips().chips().pic().in(port);
        }
        return Pit8254.hasPort(port) ? fabric.pit().in(port) : 0xFF;
    }

    void writePort(int port, int value) {
        if (PicPair.hasPort(port)) {
            fabric.chips().chips().pic().out(port, value);
        } else if (Pit8254.hasPort(port)) {
            fabric.pit().out(port, value);
        }
    }

    // ---- hypercalls -------------------------------------------------------------------------------------------------

    /** The caller's registers, which the call changes. */
    static final class Registers implements HypercallRegisters {
        static final int GENERAL = 9;

        final long[] general = new long[GENERAL];
        final long[] xmm = new long[XmmRegisters.WORDS];

        @Override
        public long get(int register) {
            return general[register];
        }

        @Override
        public void set(int register, long value) {
            general[register] = value;
        }

        @Override
        public XmmRegisters xmm() {
            return new XmmRegisters() {
                @Override
                public long get(int word) {
                    return xmm[word];
                }

                @Override
                public void set(int word, long value) {
                    xmm[word] = value;
                }
            };
        }
    }

    /**
     * VMCALL. It is Hyper-V's where the fabric has that face and the guest has announced itself there, else KVM's.
     *
     * @return whether the caller is to call again, since a list is not done
     */
    boolean hypercall(DrivenProcessor processor, Registers registers, boolean longMode, int cpl) {
        boolean hyperv =
                fabric.options().face().hasHyperv() && fabric.partition().hypercallsEnabled();
        if (hyperv) {
            return hypervCall(registers, longMode, cpl);
        }
        if (!fabric.options().face().hasKvm()) {
            throw new UndefinedInstruction();
        }
        kvmCall(processor, registers, longMode, cpl);
        return false;
    }

    /** TLFS 3.4: #UD outside ring 0. */
    private boolean hypervCall(Registers registers, boolean longMode, int cpl) {
        if (cpl != 0) {
            throw new UndefinedInstruction();
        }
        return switch (fabric.hvHypercalls().call(registers, longMode)) {
            case DONE -> false;
            case AGAIN -> true;
            case UNDEFINED -> throw new UndefinedInstruction();
        };
    }

    private void kvmCall(DrivenProcessor processor, Registers registers, boolean longMode, int cpl) {
        KvmHypercalls calls = processor.kvmHypercalls();
        long[] gpr = registers.general;
        long number = gpr[HypercallRegisters.RAX];
        long result = calls.call(
                longMode,
                cpl,
                number,
                gpr[HypercallRegisters.RBX],
                gpr[HypercallRegisters.RCX],
                gpr[HypercallRegisters.RDX],
                gpr[HypercallRegisters.RSI]);
        gpr[HypercallRegisters.RAX] = result;
        fabric.log().of(TraceEvent.KVM_HYPERCALL, processor.index(), number, result);
    }
}
