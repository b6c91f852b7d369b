// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** Why {@link Cpu#run} came back. */
public enum StopReason {
    /** The instruction budget is used up. */
    BUDGET,
    /** An interrupt is pending and the processor can take it now. */
    INTERRUPT_WINDOW,
    /** HLT was executed; RIP is behind it. */
    HALT,
    /** A port asked for it by {@link Cpu#requestStop}. */
    REQUESTED,
    /** Triple fault. */
    SHUTDOWN
}
