// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.cpu.execute.EventDelivery;
import dev.synapic.spec.x86.Rflags;

/**
 * The run loop of a processor: takes block after block, executes instruction after instruction, counts them against the
 * budget, and hands over to {@link EventDelivery} what goes wrong. Blocks that are executed often run as Java methods
 * ({@link BlockCompiler}); the rest, and whatever must go by single instructions or ends in the middle of a block, is
 * interpreted here. What instructions see of the processor is {@link Cpu}.
 *
 * <p>Threads: that of its processor.
 */
final class Interpreter {
    private final Cpu cpu;
    private final BlockSource blocks;
    private final RunState state;
    private final EventDelivery events;

    /** What is left of the budget. */
    private long remaining;
    /** Instructions retired, plus {@link #remaining}: so that one subtraction per block keeps both. */
    private long retiredPlusRemaining;

    private long faults;
    /** Index in the block of the instruction that executes, -1 between blocks. Compiled blocks write it. */
    int position = -1;
    /** The block ends behind so many instructions. Compiled blocks look at it. */
    int blockLimit;

    Interpreter(Cpu cpu, BlockSource blocks, RunState state) {
        this.cpu = cpu;
        this.blocks = blocks;
        this.state = state;
        this.events = new EventDelivery(cpu);
    }

    // ---- budget and counts ------------------------------------------------------------------------------------------

    /** Runs at most instructions instructions. */
    StopReason run(long instructions) {
        retiredPlusRemaining += instructions - remaining;
        remaining = instructions;
        while (true) {
            try {
                return runBlocks();
            } catch (CpuException e) { // by a fetch
                raise(EventDelivery.Kind.FAULT, e.vector(), e.errorCode(), e.hasErrorCode());
            }
        }
    }

    void charge(long instructions) {
        remaining -= instructions;
        retiredPlusRemaining -= instructions;
        if (remaining < blockLimit) {
            blockLimit = (int) Math.max(remaining, 0);
        }
    }

    long retiredInstructions() {
        return retiredPlusRemaining - remaining + position + 1;
    }

    long executedInstructions() {
        return retiredInstructions() + faults;
    }

    /** The executing instruction ends its block. */
    void cutBlock() {
        blockLimit = 0;
    }

    // ---- the loop ---------------------------------------------------------------------------------------------------

    /** The block is kept in a local variable: a reference in a field would cost a GC barrier each time. */
    private StopReason runBlocks() {
        Block block = Block.NONE;
        while (true) {
            if (state.attention) {
                if (state.debugTrapDue()) {
                    cpu.debug.raiseTrap();
                }
                StopReason reason = state.attend(cpu.systemFlags);
                if (reason != null) {
                    return reason;
                }
            }
            if (remaining <= 0) {
                return StopReason.BUDGET;
            }
            if (state.stepping) {
                cpu.debug.meetBreakpoint(cpu.rip + cpu.codeBase);
            }
            block = nextBlock(block);
            CompiledBlock compiled = block.compiled;
            if (state.attention) {
                step(block);
            } else if (compiled != null && remaining >= block.instructions.length) {
                execute(block, compiled);
            } else {
                execute(block, Integer.MAX_VALUE);
                blocks.interpreted(block);
            }
        }
    }

    private Block nextBlock(Block previous) {
        long linear = cpu.rip + cpu.codeBase;
        if (cpu.rip > cpu.codeLimit) {
            throw cpu.fault(CpuException.GP, 0);
        }
        int codeSize = cpu.codeSize;
        long key = CodeCache.key(cpu.memory.executeOffset(linear), codeSize);
        Block next = previous.successor;
        if (next.key == key) {
            return next;
        }
        next = previous.otherSuccessor;
        if (next.key == key) {
            return next;
        }
        return blocks.find(previous, cpu.in64BitMode() ? linear : linear & 0xFFFF_FFFFL, codeSize);
    }

    private void execute(Block block, int most) {
        DecodedInstruction[] code = block.instructions;
        int limit = (int) Math.min(Math.min(code.length, most), remaining);
        long start = cpu.rip;
        cpu.blockRip = start;
        blockLimit = limit;
        cpu.rip = start + code[limit - 1].endOffset();
        int done = 0;
        try {
            do {
                position = done;
                DecodedInstruction in = code[done];
                in.handler().execute(cpu, in);
            } while (++done < blockLimit);
        } catch (CpuException e) {
            raiseFault(e, code[position]);
            return;
        }
        if (done < limit) {
            cpu.rip = start + code[done - 1].endOffset();
        }
        position = -1;
        remaining -= done;
    }

    /** All of a block. While that jumps to its own start, and nobody has anything to look at, it goes round here. */
    private void execute(Block block, CompiledBlock compiled) {
        DecodedInstruction[] code = block.instructions;
        long start = cpu.rip;
        long end = start + code[code.length - 1].endOffset();
        cpu.blockRip = start;
        try {
            do {
                cpu.rip = end;
                blockLimit = code.length;
                int done = compiled.run(this, cpu);
                remaining -= done;
                position = -1;
                if (done < code.length) {
                    cpu.rip = start + code[done - 1].endOffset();
                    return;
                }
            } while (cpu.rip == start && blockLimit == code.length && !state.attention && remaining >= code.length);
        } catch (CpuException e) {
            raiseFault(e, code[position]);
        }
    }

    /** One instruction alone: in an interrupt shadow, with TF set, or with a breakpoint armed. */
    private void step(Block block) {
        boolean trap = (cpu.systemFlags & Rflags.TF) != 0;
        state.beginStep();
        execute(block, 1);
        if (trap) {
            cpu.debug.stepped();
        }
        state.endStep();
    }

    // ---- exceptions -------------------------------------------------------------------------------------------------

    /** An instruction has thrown: RIP goes back to it, and those before it are retired. */
    private void raiseFault(CpuException e, DecodedInstruction in) {
        cpu.rip = cpu.blockRip + in.endOffset() - in.length();
        remaining -= position;
        position = -1;
        raise(EventDelivery.Kind.FAULT, e.vectorFor(in), e.errorCode(), e.hasErrorCode());
    }

    /** A fault counts against the budget: a guest that only faults must not run for ever. */
    void raise(EventDelivery.Kind kind, int vector, int errorCode, boolean hasErrorCode) {
        if (kind == EventDelivery.Kind.FAULT) {
            faults++;
            charge(1);
        }
        state.event();
        if (kind == EventDelivery.Kind.FAULT || vector == CpuException.DB) {
            state.pendingDebug = 0;
        }
        if (!events.raise(kind, vector, errorCode, hasErrorCode)) {
            state.shutDown();
        }
    }

    /** Delivers INT n, INT3, INTO or INT1 as the present instruction's effect. */
    void softwareInterrupt(EventDelivery.Kind kind, int vector) {
        if (kind == EventDelivery.Kind.TRAP) {
            state.pendingDebug = 0;
        }
        events.deliver(kind, vector, 0, false);
        state.eventDelivered = true;
    }
}
