// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

/**
 * All state of ACPI's fixed hardware; the SCI's level follows from it, the timer from virtual time.
 *
 * @param settledHalves changes of the timer's most significant bit that TMR_STS has told
 */
public record AcpiPmState(
        int version, int status, int enabled, int control, int gpeStatus, int gpeEnabled, long settledHalves) {
    public static final int CURRENT_VERSION = 1;

    public AcpiPmState {
        StateVersions.check("ACPI power management", version, CURRENT_VERSION);
    }
}
