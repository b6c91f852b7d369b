// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import java.util.List;

/**
 * All state of an I/O APIC.
 *
 * @param select IOREGSEL
 * @param id bits 27:24 of IOAPICID, as a number
 * @param entries the redirection table
 * @param sources per pin one bit for each source id that asserts the line
 * @param successiveEois per pin the EOIs in a row that found the line asserted
 * @param delayedPins bit n: the next interrupt of pin n waits for resumeNanos
 * @param resumeNanos absolute time, or {@link Long#MAX_VALUE}
 * @param rtcPending processors that have not yet ended the last interrupt of pin 8
 */
public record IoApicState(
        int version,
        int select,
        int id,
        List<Long> entries,
        List<Long> sources,
        List<Integer> successiveEois,
        int delayedPins,
        long resumeNanos,
        int rtcPending) {
    public static final int CURRENT_VERSION = 1;

    /** Throws IllegalArgumentException for another version, lists that are not one element per pin, or pins that wait for no time. */
    public IoApicState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "I/O APIC state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        entries = ofAllPins("entries", entries);
        sources = ofAllPins("sources", sources);
        successiveEois = ofAllPins("successiveEois", successiveEois);
        if ((delayedPins & -1 << IoApic.PINS) != 0 || delayedPins != 0 && resumeNanos == Long.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "pins of an I/O APIC that wait are below " + IoApic.PINS + " and wait for a time; the state has 0x"
                            + Integer.toHexString(delayedPins) + " until " + resumeNanos);
        }
    }

    private static <T> List<T> ofAllPins(String name, List<T> values) {
        if (values.size() != IoApic.PINS) {
            throw new IllegalArgumentException(
                    name + " of an I/O APIC state must be " + IoApic.PINS + ", not " + values.size());
        }
        return List.copyOf(values);
    }
}
