// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;

/**
 * The handlers of the instructions that touch processor state beyond registers and memory, as the decoder names them.
 * What they do stands in one class per concern: {@link SegmentInstructions}, {@link FarTransfer}, {@link
 * ControlInstructions} and so on.
 */
public final class SystemInstructions {
    private SystemInstructions() {}

    private static long farPointer(Cpu cpu, DecodedInstruction in) {
        if (!in.memory()) {
            throw cpu.fault(CpuException.UD);
        }
        return cpu.address(in, in.operandSize() + 2, false);
    }

    public static void movSregFromRm(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.movSregFromRm(cpu, in);
    }

    public static void movRmFromSreg(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.movRmFromSreg(cpu, in);
    }

    public static void pushSreg(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.pushSreg(cpu, in);
    }

    public static void popSreg(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.popSreg(cpu, in);
    }

    public static void loadFarPointer(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.loadFarPointer(cpu, in);
    }

    public static void callFarPointer(Cpu cpu, DecodedInstruction in) {
        FarTransfer.call(cpu, in, in.immediate2() & 0xFFFF, Operands.zeroExtend(in.immediate(), in.operandSize()));
    }

    public static void callFarMemory(Cpu cpu, DecodedInstruction in) {
        long linear = farPointer(cpu, in);
        long offset = cpu.memory.read(linear, in.operandSize());
        FarTransfer.call(cpu, in, cpu.memory.read16(linear + in.operandSize()), offset);
    }

    public static void jmpFarPointer(Cpu cpu, DecodedInstruction in) {
        FarTransfer.jump(cpu, in.immediate2() & 0xFFFF, Operands.zeroExtend(in.immediate(), in.operandSize()));
    }

    public static void jmpFarMemory(Cpu cpu, DecodedInstruction in) {
        long linear = farPointer(cpu, in);
        long offset = cpu.memory.read(linear, in.operandSize());
        FarTransfer.jump(cpu, cpu.memory.read16(linear + in.operandSize()), offset);
    }

    public static void retFar(Cpu cpu, DecodedInstruction in) {
        FarReturn.ret(cpu, in.operandSize(), (int) in.immediate() & 0xFFFF);
    }

    public static void int3(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.int3(cpu, in);
    }

    public static void intN(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.intN(cpu, in);
    }

    public static void into(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.into(cpu, in);
    }

    public static void int1(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.int1(cpu, in);
    }

    public static void iret(Cpu cpu, DecodedInstruction in) {
        FarReturn.iret(cpu, in.operandSize());
    }

    public static void pushf(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.pushf(cpu, in);
    }

    public static void popf(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.popf(cpu, in);
    }

    public static void cli(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.cli(cpu, in);
    }

    public static void sti(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.sti(cpu, in);
    }

    public static void hlt(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.hlt(cpu, in);
    }

    public static void inImmediate(Cpu cpu, DecodedInstruction in) {
        IoInstructions.inImmediate(cpu, in);
    }

    public static void inDx(Cpu cpu, DecodedInstruction in) {
        IoInstructions.inDx(cpu, in);
    }

    public static void outImmediate(Cpu cpu, DecodedInstruction in) {
        IoInstructions.outImmediate(cpu, in);
    }

    public static void outDx(Cpu cpu, DecodedInstruction in) {
        IoInstructions.outDx(cpu, in);
    }

    public static void ins(Cpu cpu, DecodedInstruction in) {
        IoInstructions.ins(cpu, in);
    }

    public static void outs(Cpu cpu, DecodedInstruction in) {
        IoInstructions.outs(cpu, in);
    }

    public static void lgdt(Cpu cpu, DecodedInstruction in) {
        DescriptorTableInstructions.lgdt(cpu, in);
    }

    public static void lidt(Cpu cpu, DecodedInstruction in) {
        DescriptorTableInstructions.lidt(cpu, in);
    }

    public static void sgdt(Cpu cpu, DecodedInstruction in) {
        DescriptorTableInstructions.sgdt(cpu, in);
    }

    public static void sidt(Cpu cpu, DecodedInstruction in) {
        DescriptorTableInstructions.sidt(cpu, in);
    }

    public static void lldt(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.lldt(cpu, in);
    }

    public static void sldt(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.sldt(cpu, in);
    }

    public static void ltr(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.ltr(cpu, in);
    }

    public static void str(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.str(cpu, in);
    }

    public static void lmsw(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.lmsw(cpu, in);
    }

    public static void smsw(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.smsw(cpu, in);
    }

    public static void lar(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.lar(cpu, in);
    }

    public static void lsl(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.lsl(cpu, in);
    }

    public static void verr(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.verr(cpu, in);
    }

    public static void verw(Cpu cpu, DecodedInstruction in) {
        SegmentInstructions.verw(cpu, in);
    }

    public static void invlpg(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.invlpg(cpu, in);
    }

    public static void invlpga(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.ud(cpu, in);
    }

    public static void movFromCr(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.movFromCr(cpu, in);
    }

    public static void movToCr(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.movToCr(cpu, in);
    }

    public static void movFromDr(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.movFromDr(cpu, in);
    }

    public static void movToDr(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.movToDr(cpu, in);
    }

    public static void clts(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.clts(cpu, in);
    }

    public static void invd(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.cacheControl(cpu, in);
    }

    public static void wbinvd(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.cacheControl(cpu, in);
    }

    public static void rdmsr(Cpu cpu, DecodedInstruction in) {
        MsrInstructions.rdmsr(cpu, in);
    }

    public static void wrmsr(Cpu cpu, DecodedInstruction in) {
        MsrInstructions.wrmsr(cpu, in);
    }

    public static void rdtsc(Cpu cpu, DecodedInstruction in) {
        MsrInstructions.rdtsc(cpu, in);
    }

    public static void rdtscp(Cpu cpu, DecodedInstruction in) {
        MsrInstructions.rdtscp(cpu, in);
    }

    public static void rdpid(Cpu cpu, DecodedInstruction in) {
        MsrInstructions.rdpid(cpu, in);
    }

    public static void rdpmc(Cpu cpu, DecodedInstruction in) {
        MsrInstructions.rdpmc(cpu, in);
    }

    public static void cpuid(Cpu cpu, DecodedInstruction in) {
        MsrInstructions.cpuid(cpu, in);
    }

    public static void swapgs(Cpu cpu, DecodedInstruction in) {
        SystemCalls.swapgs(cpu, in);
    }

    public static void syscall(Cpu cpu, DecodedInstruction in) {
        SystemCalls.syscall(cpu, in);
    }

    public static void sysret(Cpu cpu, DecodedInstruction in) {
        SystemCalls.sysret(cpu, in);
    }

    public static void sysenter(Cpu cpu, DecodedInstruction in) {
        SystemCalls.sysenter(cpu, in);
    }

    public static void sysexit(Cpu cpu, DecodedInstruction in) {
        SystemCalls.sysexit(cpu, in);
    }

    public static void vmcall(Cpu cpu, DecodedInstruction in) {
        SystemCalls.hypercall(cpu, in);
    }

    public static void vmmcall(Cpu cpu, DecodedInstruction in) {
        SystemCalls.hypercall(cpu, in);
    }

    public static void pause(Cpu cpu, DecodedInstruction in) {
        cpu.ports.platform().pause();
    }

    public static void ud(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.ud(cpu, in);
    }

    public static void monitor(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.monitor(cpu, in);
    }

    public static void mwait(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.mwait(cpu, in);
    }

    public static void xgetbv(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.xgetbv(cpu, in);
    }

    public static void xsetbv(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.xsetbv(cpu, in);
    }

    public static void fsgsbase(Cpu cpu, DecodedInstruction in) {
        MsrInstructions.fsgsbase(cpu, in);
    }

    public static void clac(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.clac(cpu, in);
    }

    public static void stac(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.stac(cpu, in);
    }

    public static void invpcid(Cpu cpu, DecodedInstruction in) {
        ControlInstructions.invpcid(cpu, in);
    }

    public static void rsm(Cpu cpu, DecodedInstruction in) {
        InterruptInstructions.ud(cpu, in);
    }
}
