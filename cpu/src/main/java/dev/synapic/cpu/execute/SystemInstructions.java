// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;

/** Skeleton: handlers of the instructions that touch processor state beyond registers and memory. */
public final class SystemInstructions {
    private SystemInstructions() {}

    public static void movSregFromRm(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void movRmFromSreg(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void pushSreg(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void popSreg(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void loadFarPointer(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void callFarPointer(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void callFarMemory(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void jmpFarPointer(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void jmpFarMemory(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void retFar(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void int3(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void intN(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void into(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void int1(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void iret(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void pushf(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void popf(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void cli(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void sti(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void hlt(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void inImmediate(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void inDx(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void outImmediate(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void outDx(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void ins(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void outs(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void lgdt(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void lidt(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void sgdt(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void sidt(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void lldt(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void sldt(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void ltr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void str(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void lmsw(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void smsw(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void lar(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void lsl(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void verr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void verw(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void invlpg(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void invlpga(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void movFromCr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void movToCr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void movFromDr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void movToDr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void clts(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void invd(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void wbinvd(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void rdmsr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void wrmsr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void rdtsc(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void rdtscp(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void rdpmc(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void cpuid(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void swapgs(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void syscall(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void sysret(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void sysenter(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void sysexit(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void vmcall(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void vmmcall(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void pause(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void ud(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void monitor(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void mwait(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void xgetbv(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void xsetbv(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void fsgsbase(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void clac(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void stac(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void invpcid(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void fxsave(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void fxrstor(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void ldmxcsr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void stmxcsr(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void fninit(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void fnstcw(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void fldcw(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void fwait(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }

    public static void rsm(Cpu cpu, DecodedInstruction in) {
        throw cpu.fault(CpuException.UD);
    }
}
