// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.cpu.execute.EventDelivery;
import dev.synapic.cpu.execute.Flags;
import dev.synapic.cpu.execute.ProcessorFeatures;
import dev.synapic.cpu.execute.StackCursor;
import dev.synapic.cpu.mmu.LinearMemory;
import dev.synapic.cpu.softfloat.SoftFloat;
import dev.synapic.cpu.state.ControlRegisters;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.cpu.state.FpuRegisters;
import dev.synapic.cpu.state.SegmentRegisters;
import dev.synapic.cpu.state.SystemMsrs;
import dev.synapic.cpu.state.SystemTables;
import dev.synapic.cpu.state.VectorRegisters;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.x86.Rflags;

/**
 * One processor as its owner and its instructions see it: registers, modes, addresses, the stack, events. {@link
 * Interpreter} is what runs machine code on it, decoded once into blocks.
 *
 * <p>Models real, 16- and 32-bit protected, compatibility and 64-bit mode with segmentation, paging, privileges,
 * interrupts and exceptions (SDM vol. 3A).
 *
 * <p>Not modelled: virtual-8086 mode, hardware task switches and task gates, system management mode, machine checks,
 * caches, branch trace and single-stepping on branches, AVX.
 *
 * <p>Threads: one thread runs it, and calls every method of it.
 */
public final class Cpu {
    /** MAXPHYADDR: what CPUID leaf 80000008H has to report. */
    public static final int PHYSICAL_ADDRESS_BITS = LinearMemory.PHYSICAL_ADDRESS_BITS;

    /** Flags that {@link #systemFlags} may hold. RF is kept while instruction breakpoints are armed. */
    private static final long SYSTEM_FLAGS =
            Rflags.TF | Rflags.IF | Rflags.IOPL | Rflags.NT | Rflags.AC | Rflags.VIF | Rflags.VIP | Rflags.ID;

    private static final int RSP = 4;

    /** General registers RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8..R15, always 64 bits wide. */
    public final long[] gpr = new long[16];
    /** Instruction pointer; while a block executes, the address behind the block. */
    public long rip;
    /** Arithmetic flags, kept lazily, and DF. The system flags are the processor's own. */
    public final Flags flags = new Flags();
    /** RFLAGS but for what {@link #flags} keeps; who sets IF or TF calls {@link #flagsChanged}. */
    public long systemFlags;

    public final LinearMemory memory;
    public final SegmentRegisters segments = new SegmentRegisters();
    public final ControlRegisters control = new ControlRegisters();
    public final SystemTables tables = new SystemTables();
    public final SystemMsrs msrs = new SystemMsrs();
    public final FpuRegisters fpu = new FpuRegisters();
    public final VectorRegisters vectors = new VectorRegisters();
    /** Where floating-point instructions calculate. */
    public final SoftFloat floats = new SoftFloat();

    public final CpuPorts ports;
    /** For far transfers, and for CPUID: nothing is allocated while instructions run. */
    public final StackCursor stack = new StackCursor(this);

    public final int[] cpuidResult = new int[4];

    private final GuestMemory ram;
    private final CpuException exception = new CpuException();
    private final RunState state = new RunState();
    public final DebugUnit debug = new DebugUnit(this, state);
    private final Interpreter interpreter;

    private final ProcessorFeatures.Source features;
    private int cpl;
    private boolean mode64;
    int codeSize;
    long codeBase;
    long codeLimit;
    private long stackMask;

    /** Where the block that executes begins, as an offset in CS. */
    long blockRip;

    public Cpu(GuestMemory ram, CodeCache code, CpuPorts ports) {
        this.ram = ram;
        this.ports = ports;
        this.features = new ProcessorFeatures.Source(ports.platform());
        this.memory = new LinearMemory(this, ram, ports.mmio());
        this.interpreter = new Interpreter(this, new BlockSource(code, memory, this::features), state);
        code.attach(this);
        reset();
    }

    // ---- the owner's side -------------------------------------------------------------------------------------------

    /** Runs at most instructions instructions. */
    public StopReason run(long instructions) {
        if (ram.isClosed()) {
            throw new IllegalStateException("the machine's RAM is closed");
        }
        return interpreter.run(instructions);
    }

    /** Ports call this: {@link #run} returns {@link StopReason#REQUESTED} behind the present instruction. */
    public void requestStop() {
        state.requestStop();
        cutBlock();
    }

    /** Counts instructions against the present budget for one that costs more (PAUSE, RDTSC); they do not retire. */
    public void charge(long instructions) {
        interpreter.charge(instructions);
    }

    /** Instructions retired since construction; exact while a port is called, the calling instruction included. */
    public long retiredInstructions() {
        return interpreter.retiredInstructions();
    }

    /** Instructions that took time: those retired and those that faulted. As exact. */
    public long executedInstructions() {
        return interpreter.executedInstructions();
    }

    /**
     * Linear address at which the straight run of code begins that executes, so that a port knows which function calls it; between
     * instructions that of the next one.
     */
    public long codeAddress() {
        return codeBase + (interpreter.position >= 0 ? blockRip : rip);
    }

    /** Whether an interrupt waits: {@link #run} then returns INTERRUPT_WINDOW once IF and the shadow allow. */
    public void setInterruptPending(boolean pending) {
        state.setInterruptPending(pending);
        if (pending) {
            cutBlock();
        }
    }

    /** IF set and no interrupt shadow (SDM vol. 3A, 6.8.1). */
    public boolean interruptible() {
        return state.interruptible(systemFlags);
    }

    /** Delivers an external interrupt through the IDT. The caller has checked {@link #interruptible}. */
    public void injectInterrupt(int vector) {
        state.halted = false;
        raise(EventDelivery.Kind.EXTERNAL, vector, 0, false);
    }

    /** Delivers an NMI through the IDT, unless {@link #nmiBlocked}. */
    public void injectNmi() {
        if (state.nmiBlocked) {
            return;
        }
        state.halted = false;
        state.nmiBlocked = true;
        raise(EventDelivery.Kind.EXTERNAL, CpuException.NMI, 0, false);
    }

    /** Ends a HLT without an interrupt, as a hypervisor can; the processor goes on behind it. */
    public void endHalt() {
        state.halted = false;
    }

    /** Whether an NMI may be injected; if just an interrupt shadow is in the way, {@link #run} stops when it ends. */
    public boolean takesNmi() {
        return state.takesNmi();
    }

    public boolean nmiBlocked() {
        return state.nmiBlocked;
    }

    /** Drops all translations, as a hypervisor may do for another processor. */
    public void flushTlb() {
        memory.flush();
    }

    /** Drops the translation of one page. */
    public void flushPage(long linear) {
        memory.invalidatePage(linear);
    }

    /** Power-on state (SDM vol. 3A, table 10-1). This and the next three are not for calls from within a port. */
    public void reset() {
        StartUp.reset(this, false);
    }

    /** The state after INIT: as reset, but for what INIT keeps. */
    public void init() {
        StartUp.reset(this, true);
    }

    /** Starts at real-mode address vector << 12 (SIPI). */
    public void startup(int vector) {
        StartUp.atVector(this, vector);
    }

    /** Flat 32-bit protected mode, paging off, interrupts off, at eip (Multiboot's machine state). */
    public void enterFlatProtectedMode(int eip) {
        StartUp.flat(this, eip);
    }

    /** GDTR, as a boot loader leaves it: linear base, and the offset of the table's last byte. */
    public void setGdt(long base, int limit) {
        tables.gdtBase = base;
        tables.gdtLimit = limit;
    }

    /** 64-bit mode, paging on, interrupts off, at rip, with flat segments of those selectors; GDTR is the caller's. */
    public void enterLongMode(long rip, long cr3, int codeSelector, int dataSelector) {
        StartUp.longMode(this, rip, cr3, codeSelector, dataSelector);
    }

    void clearEvents() {
        state.clear();
    }

    public int cpl() {
        return cpl;
    }

    /** Whether it executes 64-bit code (CS.L in long mode). */
    public boolean in64BitMode() {
        return mode64;
    }

    public boolean inRealMode() {
        return !control.protectedMode();
    }

    /** HLT was executed, and nothing has woken the processor since. */
    public boolean halted() {
        return state.halted;
    }

    /** A triple fault stopped the processor until reset. */
    public boolean isShutDown() {
        return state.shutdown;
    }

    /** RFLAGS, with lazily kept arithmetic flags made up. */
    public long rflags() {
        return systemFlags | Rflags.ALWAYS_ONE | flags.bits() | (flags.direction ? Rflags.DF : 0);
    }

    /** Sets RFLAGS, but for VM, RF and reserved bits. */
    public void setRflags(long value) {
        flags.setBits((int) value);
        flags.direction = (value & Rflags.DF) != 0;
        long before = systemFlags;
        systemFlags = value & (state.stepping ? SYSTEM_FLAGS | Rflags.RF : SYSTEM_FLAGS);
        if (((before ^ systemFlags) & Rflags.AC) != 0) {
            memory.setUser(cpl == 3);
        }
        flagsChanged();
    }

    /** A 64-bit word of the XMM registers: 0 is the low one of XMM0, 1 its high one. */
    public long xmmWord(int word) {
        return vectors.xmm[word];
    }

    public void setXmmWord(int word, long value) {
        vectors.xmm[word] = value;
    }

    /**
     * For onlookers: the guest physical address behind a linear one, as the supervisor sees it, or -1. Sets no flags in the guest's
     * tables and allocates nothing.
     */
    public long probe(long linear) {
        return memory.probe(linear);
    }

    /** The registers for reports and dumps. */
    public CpuSnapshot snapshot() {
        return CpuSnapshot.of(this);
    }

    // ---- the handlers' side -----------------------------------------------------------------------------------------

    /** Linear address of the memory operand: effective address, segment base, limit checks where the mode has them. */
    public long address(DecodedInstruction in, int size, boolean write) {
        return linear(in.segment(), effectiveAddress(in), size, write);
    }

    /** The effective address alone, truncated to the address size (LEA). */
    public long effectiveAddress(DecodedInstruction in) {
        long address = in.displacement();
        if (in.base() >= 0) {
            address += gpr[in.base()];
        }
        if (in.index() >= 0) {
            address += gpr[in.index()] << in.scaleShift();
        }
        if (in.ripRelative()) {
            address += nextRip(in);
        }
        return in.addressSize() == 8 ? address : address & (in.addressSize() == 4 ? 0xFFFF_FFFFL : 0xFFFF);
    }

    /** Linear address of offset in a segment (string instructions, stack), checked as {@link #address}. */
    public long linear(int segment, long offset, int size, boolean write) {
        if (mode64) {
            return segment < DecodedInstruction.FS ? offset : offset + segments.base(segment);
        }
        return segmented(segment, offset, size, write);
    }

    private long segmented(int segment, long offset, int size, boolean write) {
        long limit = write ? segments.writeLimit(segment) : segments.readLimit(segment);
        if (offset + size - 1 > limit && !segments.allows(segment, offset, size, write)) {
            throw fault(segment == DecodedInstruction.SS ? CpuException.SS : CpuException.GP, 0);
        }
        return offset + segments.base(segment) & 0xFFFF_FFFFL;
    }

    /** Address behind the instruction. */
    public long nextRip(DecodedInstruction in) {
        return blockRip + in.endOffset();
    }

    /** Near branch: checks the target (canonical, CS limit), truncated to the operand size, and sets RIP. */
    public void branch(long target) {
        if (mode64) {
            if (target << 16 >> 16 != target) {
                throw fault(CpuException.GP, 0);
            }
            rip = target;
        } else {
            long offset = target & 0xFFFF_FFFFL;
            if (offset > codeLimit) {
                throw fault(CpuException.GP, 0);
            }
            rip = offset;
        }
    }

    /** Pushes size (the instruction's operand size) bytes; the stack pointer moves within {@link #stackWidth}. */
    public void push(int size, long value) {
        if (mode64 && size == 8) {
            long pointer = gpr[RSP] - 8;
            memory.write64(pointer, value);
            gpr[RSP] = pointer;
        } else {
            long pointer = gpr[RSP] - size & stackMask;
            memory.write(linear(DecodedInstruction.SS, pointer, size, true), size, value);
            setStackPointer(pointer);
        }
    }

    public long pop(int size) {
        long pointer = gpr[RSP];
        if (mode64 && size == 8) {
            long value = memory.read64(pointer);
            gpr[RSP] = pointer + 8;
            return value;
        }
        pointer &= stackMask;
        long value = memory.read(linear(DecodedInstruction.SS, pointer, size, false), size);
        setStackPointer(pointer + size);
        return value;
    }

    /** Bytes of RSP that the stack uses: 2, 4 or 8. */
    public int stackWidth() {
        return stackMask == -1 ? 8 : stackMask == 0xFFFF ? 2 : 4;
    }

    /** Sets RSP, ESP or SP, as the stack's width says. */
    public void setStackPointer(long pointer) {
        gpr[RSP] = stackMask == 0xFFFF ? gpr[RSP] & ~0xFFFFL | pointer & 0xFFFF : pointer & stackMask;
    }

    /** Makes up an exception to throw: {@code throw cpu.fault(CpuException.GP, 0)}. */
    public CpuException fault(int vector, int errorCode) {
        return exception.set(vector, errorCode, true);
    }

    /** An exception without error code (#UD, #DE, #DB, #BP, #OF, #BR, #NM). */
    public CpuException fault(int vector) {
        return exception.set(vector, 0, false);
    }

    /** Delivers INT n, INT3, INTO or INT1 as the present instruction's effect. */
    public void softwareInterrupt(EventDelivery.Kind kind, int vector) {
        interpreter.softwareInterrupt(kind, vector);
    }

    /** The executing instruction ends its block here: code may have changed, or somebody wants to stop. */
    public void cutBlock() {
        interpreter.cutBlock();
    }

    /** HLT. */
    public void halt() {
        state.halt();
    }

    /** STI and loads of SS hold off interrupts until the next instruction is done, the latter debug exceptions too. */
    public void shadowInterrupts(boolean holdsDebug) {
        state.shadowInterrupts(holdsDebug);
    }

    /** IRET: who has an NMI for the processor gets the chance to deliver it. */
    public void unblockNmi() {
        if (state.nmiBlocked) {
            state.nmiBlocked = false;
            requestStop();
        }
    }

    public ProcessorFeatures features() {
        return features.get();
    }

    public void flagsChanged() {
        state.attention = true;
    }

    public void setCpl(int cpl) {
        this.cpl = cpl;
        memory.setUser(cpl == 3);
    }

    /** CS, SS, CR0.PE or EFER.LMA changed: works out code size, stack width and what segments mean. */
    public void modeChanged() {
        int code = segments.attributes(DecodedInstruction.CS);
        mode64 = control.longMode() && (code & Descriptor.LONG) != 0;
        segments.setMode(control.protectedMode(), mode64);
        boolean big = (segments.attributes(DecodedInstruction.SS) & Descriptor.BIG) != 0;
        stackMask = mode64 ? -1L : big ? 0xFFFF_FFFFL : 0xFFFF;
        codeBase = segments.effectiveBase(DecodedInstruction.CS);
        codeLimit = mode64 ? Long.MAX_VALUE : segments.limit(DecodedInstruction.CS);
        codeSize =
                (mode64 ? CodeSize.CODE64 : (code & Descriptor.BIG) != 0 ? CodeSize.CODE32 : CodeSize.CODE16).ordinal();
        memory.setUser(cpl == 3);
        cutBlock();
    }

    /** A non-canonical address: #SS(0) where the executing instruction means the stack, else #GP(0). */
    public CpuException nonCanonical() {
        return exception.setNonCanonical();
    }

    /** Raises an exception or interrupt between instructions, or as the present instruction's fault. */
    void raise(EventDelivery.Kind kind, int vector, int errorCode, boolean hasErrorCode) {
        interpreter.raise(kind, vector, errorCode, hasErrorCode);
    }
}
