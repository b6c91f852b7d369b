// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * How a run ended.
 *
 * @param guestStatus the guest's exit status (odd), where it ended the run itself, else -1
 * @param reason one line in words
 */
public record RunResult(Outcome outcome, int guestStatus, String reason) {
    public enum Outcome {
        /** The guest wrote to isa-debug-exit. */
        GUEST_EXIT,
        /** The guest switched the machine off, by ACPI. */
        POWER_OFF,
        /** The guest reset the machine, or asked its hypervisor to; it does not start again. */
        RESET,
        /** Nothing can wake any virtual CPU. */
        DEADLOCK,
        TRIPLE_FAULT,
        /** The guest reported its own crash. */
        GUEST_PANIC,
        /** The virtual-time limit was reached. */
        TIME_LIMIT,
        /** Somebody called {@link Machine#interrupt}. */
        INTERRUPTED
    }
}
