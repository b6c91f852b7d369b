// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.exits;

import java.util.List;

/**
 * What a named processor and hypervisor would have done: which guest operations exit, and what each costs in virtual time.
 * Figures, their sources and the moments at which they are charged stand in {@code hardware-profiles.txt}. Times are picoseconds.
 */
public record HardwareProfile(
        String name,
        String description,
        String vendor,
        long tscKhz,
        long instructionPs,
        long pausePs,
        long rdtscPs,
        long exitToHostPs,
        long entryPs,
        long acceptHaltedPs,
        long acceptAwakePs,
        long wakeUpPs,
        long notificationPs,
        long pleGapPs,
        long pleWindowPs,
        long lookaheadPs,
        boolean apicv,
        boolean ipiVirtualization,
        boolean avic,
        boolean x2apic,
        List<Entry> entries) {

    /** One line of the resource file, for reports. */
    public record Entry(String name, String value, String chargedTo, String when, String source) {}

    public HardwareProfile {
        entries = List.copyOf(entries);
    }

    /** A number that differs between profiles that differ. */
    public long fingerprint() {
        return 31L * (name.hashCode() + 31L * lookaheadPs) + entries.toString().hashCode();
    }

    /** The same profile with another lookahead. */
    public HardwareProfile withLookaheadPs(long lookahead) {
        return new HardwareProfile(
                name,
                description,
                vendor,
                tscKhz,
                instructionPs,
                pausePs,
                rdtscPs,
                exitToHostPs,
                entryPs,
                acceptHaltedPs,
                acceptAwakePs,
                wakeUpPs,
                notificationPs,
                pleGapPs,
                pleWindowPs,
                lookahead,
                apicv,
                ipiVirtualization,
                avic,
                x2apic,
                entries);
    }
}
