// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HvEventFlags;
import dev.synapic.spec.hyperv.HvSiefp;
import dev.synapic.spec.hyperv.HvSint;

/**
 * Sets flags in an event-flags page in guest memory.
 *
 * <ul>
 *   <li>Models: the atomic OR and the news whether the flag was clear: only then the SINT should be raised.
 *   <li>Spec: TLFS, "SynIC Event Flags".
 *   <li>Not modelled: pages that are hidden beneath another; the page is what shows where SIEFP says.
 *   <li>Threading: any thread, any number of them.
 * </ul>
 */
public final class EventFlags {
    /** What became of a signal. */
    public enum Signal {
        NEWLY_SET,
        ALREADY_SET,
        /** SIEFP is disabled or names a page that is not RAM; memory is untouched. */
        DISABLED,
        /** The SINT is masked: the signal is dropped and the flag untouched, so that a later signal is news. */
        MASKED,
        /** No such SINT (below 16) or flag (below 2048). */
        OUT_OF_RANGE
    }

    private EventFlags() {}

    /** Sets a flag; siefp is the raw register. All values of sint and flag are answered, none throws. */
    public static Signal signal(GuestMemory memory, long siefp, int sint, int flag) {
        if (sint < 0 || sint >= HvSint.COUNT || flag < 0 || flag >= HvEventFlags.FLAGS_PER_SINT) {
            return Signal.OUT_OF_RANGE;
        }
        long page = siefp & HvSiefp.GPA_MASK;
        if ((siefp & HvSiefp.ENABLE) == 0 || !memory.contains(page, GuestMemory.PAGE_SIZE)) {
            return Signal.DISABLED;
        }
        int bit = HvEventFlags.bit(flag);
        int old = memory.getAndBitwiseOrInt(HvEventFlags.wordGpa(page, sint, flag), bit);
        return (old & bit) == 0 ? Signal.NEWLY_SET : Signal.ALREADY_SET;
    }
}
