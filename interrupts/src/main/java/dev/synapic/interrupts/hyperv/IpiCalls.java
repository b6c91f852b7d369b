// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HvVpSet;

/** HvCallSendSyntheticClusterIpi and its Ex form (TLFS). Any thread. */
final class IpiCalls {
    private static final int FIRST_VECTOR = 0x10;
    private static final int LAST_VECTOR = 0xFF;
    private static final int MASK_OFFSET = 8;
    private static final int SET_OFFSET = 8;

    private final ApicBus bus;
    private final VpTargets targets;
    private final HvHypercallListener listener;
    private final VpTargets.Action deliver = this::deliver;

    IpiCalls(ApicBus bus, VpTargets targets, HvHypercallListener listener) {
        this.bus = bus;
        this.targets = targets;
        this.listener = listener;
    }

    int send(HypercallBlock block) {
        long vectorAndVtl = block.qword(0);
        long mask = block.qword(MASK_OFFSET);
        int status = checkVectorAndVtl(vectorAndVtl);
        if (status == HvStatus.HV_STATUS_SUCCESS) {
            int vector = (int) vectorAndVtl;
            int accepted = targets.mask(mask, deliver, vector);
            listener.ipiSent(vector, mask, accepted);
        }
        return status;
    }

    int sendEx(HypercallBlock block) {
        long vectorAndVtl = block.qword(0);
        long format = block.qword(SET_OFFSET + HvVpSet.FORMAT_OFFSET);
        long validBanks = block.qword(SET_OFFSET + HvVpSet.VALID_BANKS_OFFSET);
        int setStatus = VpTargets.check(block, format, validBanks);
        if (setStatus == HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT) {
            return setStatus;
        }
        int status = checkVectorAndVtl(vectorAndVtl);
        if (status != HvStatus.HV_STATUS_SUCCESS || setStatus != HvStatus.HV_STATUS_SUCCESS) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        int vector = (int) vectorAndVtl;
        int accepted = targets.set(block, format, validBanks, SET_OFFSET + HvVpSet.BANKS_OFFSET, deliver, vector);
        listener.ipiSentEx(vector, format, validBanks, accepted);
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** A VP whose APIC is disabled is passed over. */
    private int deliver(SynIc target, int vector) {
        return bus.deliver(target.apic(), ApicRequest.fixed(vector));
    }

    /**
     * The first eight bytes of both calls: vector in 31:0, HV_INPUT_VTL in 39:32 (VTL 3:0, use it 4, reserved 7:5),
     * padding above. There is only VTL 0; naming it is fine.
     */
    private static int checkVectorAndVtl(long word) {
        int vtlAndPadding = (int) (word >>> 32);
        int vector = (int) word;
        boolean valid = (vtlAndPadding & ~0x10) == 0 && vector >= FIRST_VECTOR && vector <= LAST_VECTOR;
        return valid ? HvStatus.HV_STATUS_SUCCESS : HvStatus.HV_STATUS_INVALID_PARAMETER;
    }
}
