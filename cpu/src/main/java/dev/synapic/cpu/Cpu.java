// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.cpu.execute.Flags;
import dev.synapic.cpu.mmu.LinearMemory;
import dev.synapic.guestmem.GuestMemory;

/** One processor. Skeleton: signatures that the rest of the house builds upon. */
public final class Cpu {
    /** General registers RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8..R15, always 64 bits wide. */
    public final long[] gpr = new long[16];
    /** Instruction pointer; while a block executes, the address behind the block. */
    public long rip;

    /** Arithmetic flags, kept lazily, and DF. The system flags are the processor's own. */
    public final Flags flags = new Flags();

    public final LinearMemory memory;
    final CpuPorts ports;
    private final CpuException exception = new CpuException();
    private long blockRip;
    private long retired;

    public Cpu(GuestMemory ram, CodeCache code, CpuPorts ports) {
        this.memory = new LinearMemory(ram);
        this.ports = ports;
    }

    // ---- the owner's side -------------------------------------------------------------------------------------------------

    /** Runs at most instructions instructions (the last block may overshoot). */
    public StopReason run(long instructions) {
        throw new IllegalStateException("skeleton");
    }

    /** Ports call this: {@link #run} returns {@link StopReason#REQUESTED} behind the present instruction. */
    public void requestStop() {}

    /** Counts instructions against the present budget that cost more than one (PAUSE, RDTSC); they are not retired ones. */
    public void charge(long instructions) {}

    /** Instructions retired since construction; exact while a port is being called, the calling instruction included. */
    public long retiredInstructions() {
        return retired;
    }

    /** Whether a deliverable interrupt waits: {@link #run} then returns INTERRUPT_WINDOW once IF and the shadow allow. */
    public void setInterruptPending(boolean pending) {}

    /** IF set and no interrupt shadow (SDM vol. 3A, 6.8.1). */
    public boolean interruptible() {
        return false;
    }

    /** Delivers an external interrupt through the IDT. The caller has checked {@link #interruptible}. */
    public void injectInterrupt(int vector) {}

    /** Delivers an NMI through the IDT, unless {@link #nmiBlocked}. */
    public void injectNmi() {}

    public boolean nmiBlocked() {
        return false;
    }

    /** Power-on state (SDM vol. 3A, table 10-1): real mode at F000:FFF0. */
    public void reset() {}

    /** The state after INIT: as reset, but for what INIT keeps. */
    public void init() {}

    /** Starts at real-mode address vector << 12 (SIPI). */
    public void startup(int vector) {}

    /** Puts the processor into flat 32-bit protected mode, paging off, interrupts off, at eip (Multiboot's machine state). */
    public void enterFlatProtectedMode(int eip) {}

    public int cpl() {
        return 0;
    }

    /** Whether it executes 64-bit code (CS.L in long mode). */
    public boolean in64BitMode() {
        return true;
    }

    public boolean inRealMode() {
        return false;
    }

    /** RFLAGS, with lazily kept arithmetic flags made up. */
    public long rflags() {
        return 0;
    }

    public void setRflags(long value) {}

    // ---- the handlers' side -----------------------------------------------------------------------------------------------

    /** Linear address of the memory operand: effective address, segment base, limit checks where the mode has them. */
    public long address(DecodedInstruction in, int size, boolean write) {
        throw new IllegalStateException("skeleton");
    }

    /** The effective address alone, truncated to the address size (LEA). */
    public long effectiveAddress(DecodedInstruction in) {
        throw new IllegalStateException("skeleton");
    }

    /** Linear address of offset in a segment (string instructions, stack), checked as {@link #address}. */
    public long linear(int segment, long offset, int size, boolean write) {
        return offset;
    }

    /** Address behind the instruction. */
    public long nextRip(DecodedInstruction in) {
        return blockRip + in.endOffset;
    }

    /** Near branch: checks the target (canonical, CS limit), truncates it to the operand size outside 64-bit mode, sets RIP. */
    public void branch(long target) {
        rip = target;
    }

    /** Stack width in bytes for PUSH/POP addressing (SS.B, 64-bit mode): 2, 4 or 8. */
    public int stackWidth() {
        return 8;
    }

    /** Pushes size (the instruction's operand size) bytes; the stack pointer moves within {@link #stackWidth}. */
    public void push(int size, long value) {}

    public long pop(int size) {
        return 0;
    }

    /** Makes up an exception to throw: {@code throw cpu.fault(CpuException.GP, 0)}. */
    public CpuException fault(int vector, int errorCode) {
        return exception.set(vector, errorCode, true);
    }

    /** An exception without error code (#UD, #DE, #DB, #BP, #OF, #BR, #NM). */
    public CpuException fault(int vector) {
        return exception.set(vector, 0, false);
    }
}
