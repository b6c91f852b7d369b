// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.cpu.execute.EventDelivery;
import dev.synapic.cpu.execute.Flags;
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
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Rflags;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One processor: an interpreter of x86-64 machine code, decoded once into blocks.
 *
 * <p>Models real, 16- and 32-bit protected, compatibility and 64-bit mode with segmentation, paging, privileges, interrupts and
 * exceptions (SDM vol. 3A).
 *
 * <p>Not modelled: virtual-8086 mode, hardware task switches and task gates, system management mode, debug breakpoints (DR0 to DR3
 * are just registers; single-stepping works), alignment checks, machine checks, caches, AVX.
 *
 * <p>Threads: one thread runs it, and calls every method of it.
 */
public final class Cpu {
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

    /** Flags that {@link #systemFlags} may hold. RF is never kept: without breakpoints nobody can see it. */
    private static final long SYSTEM_FLAGS =
            Rflags.TF | Rflags.IF | Rflags.IOPL | Rflags.NT | Rflags.AC | Rflags.VIF | Rflags.VIP | Rflags.ID;

    private static final int RSP = 4;
    /** The shadow covers the instruction that comes next, or the one that executes. */
    private static final int SHADOW_AHEAD = 2, SHADOW_NOW = 1;

    private static final long DR6_SINGLE_STEP = 1 << 14;

    private final GuestMemory ram;
    private final CpuException exception = new CpuException();
    private final EventDelivery events = new EventDelivery(this);
    private final BlockSource blocks;

    private int cpl;
    private boolean mode64;
    private int codeSize;
    private long codeBase;
    private long codeLimit;
    private long stackMask;

    private long retired;
    private long remaining;
    private long blockRip;
    private Block block = Block.NONE;
    /** Index in the block of the instruction that executes, -1 between blocks. */
    private int position = -1;

    private int blockLimit;

    /** Something below wants a look before the next block. */
    private boolean attention;

    private boolean stopRequested;
    private boolean interruptPending;
    private boolean halted;
    private boolean shutdown;
    private boolean nmiBlocked;
    private boolean eventDelivered;
    private int shadow;

    public Cpu(GuestMemory ram, CodeCache code, CpuPorts ports) {
        this.ram = ram;
        this.ports = ports;
        this.memory = new LinearMemory(this, ram, ports.mmio());
        this.blocks = new BlockSource(code, memory);
        code.attach(this);
        reset();
    }

    // ---- the owner's side -------------------------------------------------------------------------------------------------

    /** Runs at most instructions instructions. */
    public StopReason run(long instructions) {
        if (ram.isClosed()) {
            throw new IllegalStateException("the machine's RAM is closed");
        }
        remaining = instructions;
        while (true) {
            try {
                return runBlocks();
            } catch (CpuException e) {
                raiseFault(e);
            }
        }
    }

    /** Ports call this: {@link #run} returns {@link StopReason#REQUESTED} behind the present instruction. */
    public void requestStop() {
        stopRequested = true;
        attention = true;
        cutBlock();
    }

    /** Counts instructions against the present budget that cost more than one (PAUSE, RDTSC); they are not retired ones. */
    public void charge(long instructions) {
        remaining -= instructions;
        if (remaining < blockLimit) {
            blockLimit = (int) Math.max(remaining, 0);
        }
    }

    /** Instructions retired since construction; exact while a port is being called, the calling instruction included. */
    public long retiredInstructions() {
        return retired + position + 1;
    }

    /** Whether a deliverable interrupt waits: {@link #run} then returns INTERRUPT_WINDOW once IF and the shadow allow. */
    public void setInterruptPending(boolean pending) {
        interruptPending = pending;
        if (pending) {
            attention = true;
            cutBlock();
        }
    }

    /** IF set and no interrupt shadow (SDM vol. 3A, 6.8.1). */
    public boolean interruptible() {
        return (systemFlags & Rflags.IF) != 0 && shadow == 0 && !shutdown;
    }

    /** Delivers an external interrupt through the IDT. The caller has checked {@link #interruptible}. */
    public void injectInterrupt(int vector) {
        halted = false;
        raise(EventDelivery.Kind.EXTERNAL, vector, 0, false);
    }

    /** Delivers an NMI through the IDT, unless {@link #nmiBlocked}. */
    public void injectNmi() {
        if (nmiBlocked) {
            return;
        }
        halted = false;
        nmiBlocked = true;
        raise(EventDelivery.Kind.EXTERNAL, CpuException.NMI, 0, false);
    }

    public boolean nmiBlocked() {
        return nmiBlocked;
    }

    /** Power-on state (SDM vol. 3A, table 10-1): real mode at F000:FFF0. */
    public void reset() {
        reset(false);
        msrs.reset();
        fpu.reset();
        vectors.reset();
    }

    /** The state after INIT: as reset, but for what INIT keeps. */
    public void init() {
        reset(true);
    }

    private void reset(boolean init) {
        Arrays.fill(gpr, 0);
        gpr[2] = 0x600;
        rip = 0xFFF0;
        flags.setBits(0);
        flags.direction = false;
        systemFlags = 0;
        control.reset(init);
        tables.reset();
        segments.reset();
        segments.load(DecodedInstruction.CS, 0xF000, 0xFFFF_0000L, 0xFFFF, segments.attributes(DecodedInstruction.CS));
        cpl = 0;
        halted = false;
        shutdown = false;
        nmiBlocked = false;
        shadow = 0;
        attention = true;
        pagingChanged();
        modeChanged();
    }

    /** Starts at real-mode address vector << 12 (SIPI). */
    public void startup(int vector) {
        segments.loadReal(DecodedInstruction.CS, vector << 8);
        rip = 0;
        halted = false;
        modeChanged();
    }

    /** Puts the processor into flat 32-bit protected mode, paging off, interrupts off, at eip (Multiboot's machine state). */
    public void enterFlatProtectedMode(int eip) {
        reset(true);
        control.cr0 = Cr0.PE | Cr0.ET;
        for (int segment = DecodedInstruction.ES; segment <= DecodedInstruction.GS; segment++) {
            segments.loadFlat(segment, 0x10, 0);
        }
        segments.loadFlat(DecodedInstruction.CS, 0x08, Descriptor.CODE);
        rip = eip & 0xFFFF_FFFFL;
        pagingChanged();
        modeChanged();
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
        return halted;
    }

    /** A triple fault stopped the processor until reset. */
    public boolean isShutDown() {
        return shutdown;
    }

    /** RFLAGS, with lazily kept arithmetic flags made up. */
    public long rflags() {
        return systemFlags | Rflags.ALWAYS_ONE | flags.bits() | (flags.direction ? Rflags.DF : 0);
    }

    public void setRflags(long value) {
        flags.setBits((int) value);
        flags.direction = (value & Rflags.DF) != 0;
        systemFlags = value & SYSTEM_FLAGS;
        flagsChanged();
    }

    /** The registers for reports and dumps. */
    public CpuSnapshot snapshot() {
        return CpuSnapshot.of(this);
    }

    // ---- the handlers' side -----------------------------------------------------------------------------------------------

    /** Linear address of the memory operand: effective address, segment base, limit checks where the mode has them. */
    public long address(DecodedInstruction in, int size, boolean write) {
        return linear(in.segment, effectiveAddress(in), size, write);
    }

    /** The effective address alone, truncated to the address size (LEA). */
    public long effectiveAddress(DecodedInstruction in) {
        long address = in.displacement;
        if (in.base >= 0) {
            address += gpr[in.base];
        }
        if (in.index >= 0) {
            address += gpr[in.index] << in.scaleShift;
        }
        if (in.ripRelative) {
            address += nextRip(in);
        }
        return in.addressSize == 8 ? address : address & (in.addressSize == 4 ? 0xFFFF_FFFFL : 0xFFFF);
    }

    /** Linear address of offset in a segment (string instructions, stack), checked as {@link #address}. */
    public long linear(int segment, long offset, int size, boolean write) {
        return mode64 ? offset + segments.effectiveBase(segment) : segmented(segment, offset, size, write);
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
        return blockRip + in.endOffset;
    }

    /** Near branch: checks the target (canonical, CS limit) and sets RIP; the caller has truncated it to the operand size. */
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

    /** Stack width in bytes for PUSH/POP addressing (SS.B, 64-bit mode): 2, 4 or 8; operand size is in.operandSize. */
    public void push(int size, long value) {
        long pointer = gpr[RSP] - size & stackMask;
        memory.write(linear(DecodedInstruction.SS, pointer, size, true), size, value);
        setStackPointer(pointer);
    }

    public long pop(int size) {
        long pointer = gpr[RSP] & stackMask;
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

    /** A page fault; CR2 takes the address. */
    public CpuException pageFault(long linear, int errorCode) {
        control.cr2 = control.longMode() ? linear : linear & 0xFFFF_FFFFL;
        return exception.set(CpuException.PF, errorCode, true);
    }

    /** Delivers INT n, INT3, INTO or INT1 as the present instruction's effect. */
    public void softwareInterrupt(EventDelivery.Kind kind, int vector) {
        events.deliver(kind, vector, 0, false);
        eventDelivered = true;
    }

    /** The executing instruction ends its block here: code may have changed, or somebody wants to stop. */
    public void cutBlock() {
        blockLimit = 0;
    }

    /** HLT. */
    public void halt() {
        halted = true;
        attention = true;
    }

    /** STI and loads of SS hold off interrupts until the next instruction is done. */
    public void shadowInterrupts() {
        shadow = SHADOW_AHEAD;
        attention = true;
    }

    public void unblockNmi() {
        nmiBlocked = false;
    }

    /** IF or TF may have been set. */
    public void flagsChanged() {
        attention = true;
    }

    /** Whether RFLAGS.AC is set. */
    public boolean alignmentCheckFlag() {
        return (systemFlags & Rflags.AC) != 0;
    }

    public void setCpl(int cpl) {
        this.cpl = cpl;
        memory.setUser(cpl == 3);
    }

    /** CR0, CR3, CR4 or EFER changed in a way that concerns translation. */
    public void pagingChanged() {
        memory.configurePaging(control.cr0, control.cr3, control.cr4, control.efer);
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
        codeSize = (mode64 ? CodeSize.CODE64 : (code & Descriptor.BIG) != 0 ? CodeSize.CODE32 : CodeSize.CODE16).ordinal();
        memory.setUser(cpl == 3);
        cutBlock();
    }

    /** The instruction that executes, for those who are called by it; null between instructions. */
    public @Nullable DecodedInstruction executing() {
        return position < 0 ? null : block.instructions[position];
    }

    /** Whether the executing instruction's memory access goes to the stack: then a bad address is #SS. */
    public boolean addressesStack() {
        DecodedInstruction in = executing();
        return in != null && (in.memory ? in.segment == DecodedInstruction.SS : !isString(in.opcode));
    }

    private static boolean isString(int opcode) {
        return opcode >= 0xA4 && opcode <= 0xAF || opcode >= 0x6C && opcode <= 0x6F;
    }

    // ---- the run loop -----------------------------------------------------------------------------------------------------

    private StopReason runBlocks() {
        while (true) {
            if (attention) {
                StopReason reason = attend();
                if (reason != null) {
                    return reason;
                }
            }
            if (remaining <= 0) {
                return StopReason.BUDGET;
            }
            block = nextBlock(block);
            if (attention) {
                step();
            } else {
                execute(Integer.MAX_VALUE);
            }
        }
    }

    private Block nextBlock(Block previous) {
        long linear = rip + codeBase;
        if (rip > codeLimit) {
            throw fault(CpuException.GP, 0);
        }
        long key = CodeCache.key(memory.executeOffset(linear), codeSize);
        Block next = previous.successor;
        if (next.key == key) {
            return next;
        }
        next = previous.otherSuccessor;
        if (next.key == key) {
            return next;
        }
        return blocks.find(previous, mode64 ? linear : linear & 0xFFFF_FFFFL, codeSize);
    }

    private void execute(int most) {
        DecodedInstruction[] code = block.instructions;
        int limit = (int) Math.min(Math.min(code.length, most), remaining);
        long start = rip;
        blockRip = start;
        blockLimit = limit;
        rip = start + code[limit - 1].endOffset;
        int done = 0;
        do {
            position = done;
            DecodedInstruction in = code[done];
            in.handler.execute(this, in);
        } while (++done < blockLimit);
        if (done < limit) {
            rip = start + code[done - 1].endOffset;
        }
        position = -1;
        retired += done;
        remaining -= done;
    }

    /** One instruction alone: in an interrupt shadow, or with TF set. */
    private void step() {
        boolean trap = (systemFlags & Rflags.TF) != 0;
        if (shadow == SHADOW_AHEAD) {
            shadow = SHADOW_NOW;
        }
        eventDelivered = false;
        execute(1);
        if (shadow == SHADOW_NOW) {
            shadow = 0;
        }
        if (trap && !eventDelivered) {
            control.debug[6] |= DR6_SINGLE_STEP;
            raise(EventDelivery.Kind.TRAP, CpuException.DB, 0, false);
        }
    }

    /** Why not to go on, or null; {@link #attention} stays set where instructions must go one by one. */
    private @Nullable StopReason attend() {
        if (shutdown) {
            return StopReason.SHUTDOWN;
        }
        if (stopRequested) {
            stopRequested = false;
            return StopReason.REQUESTED;
        }
        if (interruptPending && interruptible()) {
            return StopReason.INTERRUPT_WINDOW;
        }
        if (halted) {
            return StopReason.HALT;
        }
        attention = shadow != 0 || (systemFlags & Rflags.TF) != 0;
        return null;
    }

    /** An instruction, or the fetch of one, has thrown: RIP goes back to it. */
    private void raiseFault(CpuException e) {
        if (position >= 0) {
            DecodedInstruction in = block.instructions[position];
            rip = blockRip + in.endOffset - in.length;
            retired += position;
            remaining -= position;
            position = -1;
        }
        raise(EventDelivery.Kind.FAULT, e.vector(), e.errorCode(), e.hasErrorCode());
    }

    private void raise(EventDelivery.Kind kind, int vector, int errorCode, boolean hasErrorCode) {
        shadow = 0;
        eventDelivered = true;
        attention = true;
        block = Block.NONE;
        if (!events.raise(kind, vector, errorCode, hasErrorCode)) {
            shutdown = true;
        }
    }
}
