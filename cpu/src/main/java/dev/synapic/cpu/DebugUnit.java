// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.cpu.execute.EventDelivery;
import dev.synapic.cpu.state.Breakpoints;
import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Rflags;

/** Breakpoints and traps on their way to #DB (SDM vol. 3B, 18.2 and 18.3). */
public final class DebugUnit {
    private static final int DR6_SINGLE_STEP = 1 << 14;
    private static final int DR6_BREAKPOINTS = 0xF;

    public final Breakpoints breakpoints = new Breakpoints();

    private final Cpu cpu;
    private final RunState state;

    DebugUnit(Cpu cpu, RunState state) {
        this.cpu = cpu;
        this.state = state;
    }

    /** Debug registers or CR4.DE changed. */
    public void registersChanged() {
        breakpoints.configure(cpu.control.debug, (cpu.control.cr4 & Cr4.DE) != 0);
        state.stepping = breakpoints.watchesInstructions();
        state.attention = true;
        cpu.memory.flush();
        cpu.cutBlock();
    }

    /** Whether a repeated string instruction must stop behind each iteration. */
    public boolean active() {
        return breakpoints.watchesData() || breakpoints.watchesPorts() || trapFlag();
    }

    private boolean trapFlag() {
        return (cpu.systemFlags & Rflags.TF) != 0;
    }

    /** The present instruction has met data or I/O breakpoints: #DB behind it. */
    public void trap(int dr6) {
        if (dr6 != 0) {
            state.debugTrap(dr6);
            cpu.cutBlock();
        }
    }

    /** SYSCALL and SYSRET trap by the TF that they leave, not by the one that they found. */
    public void trapByNewFlags() {
        state.eventDelivered = true;
        trap(trapFlag() ? DR6_SINGLE_STEP : 0);
    }

    /** An instruction that began with TF set is done. */
    void stepped() {
        if (!state.eventDelivered && !state.holdsDebug()) {
            state.debugTrap(DR6_SINGLE_STEP);
        }
    }

    void raiseTrap() {
        raise(EventDelivery.Kind.TRAP, state.pendingDebug);
    }

    /** A fault before the instruction at linear if a breakpoint watches it, unless RF or a load of SS holds it off. */
    void meetBreakpoint(long linear) {
        boolean resume = (cpu.systemFlags & Rflags.RF) != 0 || state.holdsDebug();
        cpu.systemFlags &= ~(long) Rflags.RF;
        int hits = resume ? 0 : breakpoints.instructionHits(linear);
        if (hits != 0) {
            raise(EventDelivery.Kind.FAULT, hits);
        }
    }

    /** B0 to B3 tell of this exception, BS stays until software clears it (SDM vol. 3B, 18.2.3). */
    private void raise(EventDelivery.Kind kind, int bits) {
        cpu.control.debug[6] = cpu.control.debug[6] & ~DR6_BREAKPOINTS | bits;
        cpu.raise(kind, CpuException.DB, 0, false);
    }
}
