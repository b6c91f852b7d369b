// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.routing.SintLine;
import dev.synapic.spec.hyperv.HvEventFlags;
import dev.synapic.spec.hyperv.HvStatus;

/**
 * An event port on the VMM's side: a signal sets a flag of one SINT of one processor, and raises it where the flag was
 * clear.
 *
 * <ul>
 *   <li>Models: base flag number and flag count; the statuses by which HvCallSignalEvent answers.
 *   <li>Spec: TLFS, "Event Flag Delivery", HvCallSignalEvent.
 *   <li>Not modelled: HV_ANY_VP; the SINT's mask, which a VMM cannot see: the flag is set and its interrupt lost.
 *   <li>Threading: any thread.
 * </ul>
 */
public final class EventPort implements ConnectionTable.EventHandler {
    private final SintLine line;
    private final GuestMemory memory;
    private final SynIcPages pages;
    private final int baseFlag;
    private final int flagCount;

    /** Flags baseFlag to baseFlag + flagCount - 1 of the line's SINT. */
    public EventPort(SintLine line, GuestMemory memory, SynIcPages pages, int baseFlag, int flagCount) {
        if (baseFlag < 0 || flagCount < 1 || baseFlag > HvEventFlags.FLAGS_PER_SINT - flagCount) {
            throw new IllegalArgumentException(
                    "a SINT has " + HvEventFlags.FLAGS_PER_SINT + " flags: " + flagCount + " from " + baseFlag);
        }
        this.line = line;
        this.memory = memory;
        this.pages = pages;
        this.baseFlag = baseFlag;
        this.flagCount = flagCount;
    }

    @Override
    public int signal(int flag) {
        if (flag < 0 || flag >= flagCount) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        if (!pages.exists(line.vpIndex())) {
            return HvStatus.HV_STATUS_INVALID_VP_INDEX;
        }
        return switch (EventFlags.signal(memory, pages.siefp(line.vpIndex()), line.sint(), baseFlag + flag)) {
            case NEWLY_SET -> {
                line.raise();
                yield HvStatus.HV_STATUS_SUCCESS;
            }
            case ALREADY_SET -> HvStatus.HV_STATUS_SUCCESS;
            case DISABLED, MASKED, OUT_OF_RANGE -> HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
        };
    }
}
