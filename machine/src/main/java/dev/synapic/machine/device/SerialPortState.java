// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import java.util.List;

/**
 * All state of a serial port; the level of its line follows from it.
 *
 * @param overrun LSR.OE, in place
 * @param modemLines bits 7:4 of MSR
 * @param modemDeltas bits 3:0 of MSR
 * @param timeoutPs when the receiver's timeout comes, in virtual time, or Long.MAX_VALUE
 */
public record SerialPortState(
        int version,
        int ier,
        int fcr,
        int lcr,
        int mcr,
        int scr,
        int divisor,
        int overrun,
        int modemLines,
        int modemDeltas,
        boolean transmitterInterrupt,
        boolean timedOut,
        long timeoutPs,
        List<Integer> received) {
    public static final int CURRENT_VERSION = 1;

    public SerialPortState {
        StateVersions.check("serial port", version, CURRENT_VERSION);
        received = List.copyOf(received);
    }
}
