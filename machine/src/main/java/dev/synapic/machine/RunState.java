// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/** What a virtual CPU is doing. */
public enum RunState {
    RUNNING,
    /** In HLT, or on the way into it. */
    HALTED,
    /** After power-on or INIT, until a SIPI comes. */
    WAIT_FOR_SIPI
}
