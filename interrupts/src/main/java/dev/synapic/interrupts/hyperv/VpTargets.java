// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HvVpSet;

/**
 * The virtual processors that a hypercall names, by mask or by HV_VP_SET, in ascending order. Those that do not exist
 * are passed over.
 *
 * <p>Threading: any thread.
 */
final class VpTargets {
    /** What is done to each target; argument is the caller's. Returns what is to be summed up. */
    @FunctionalInterface
    interface Action {
        int apply(SynIc target, int argument);
    }

    private final SynIcSet processors;

    VpTargets(SynIcSet processors) {
        this.processors = processors;
    }

    int all(Action action, int argument) {
        int sum = 0;
        for (int vpIndex = 0; vpIndex < processors.limit(); vpIndex++) {
            sum += one(vpIndex, action, argument);
        }
        return sum;
    }

    /** Members are VPs 0 to 63. */
    int mask(long members, Action action, int argument) {
        return bank(0, members, action, argument);
    }

    /** The status of a call with a set, whose variable header holds one bank for each bit of validBanks. */
    static int check(HypercallBlock block, long format, long validBanks) {
        if (Long.bitCount(validBanks) != block.variableHeaderQwords()) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        return format == HvVpSet.FORMAT_ALL || format == HvVpSet.FORMAT_SPARSE_4K
                ? HvStatus.HV_STATUS_SUCCESS
                : HvStatus.HV_STATUS_INVALID_PARAMETER;
    }

    /** The members of a set that is checked; its banks stand in the block from banksOffset on. */
    int set(HypercallBlock block, long format, long validBanks, int banksOffset, Action action, int argument) {
        return format == HvVpSet.FORMAT_ALL
                ? all(action, argument)
                : sparse(block, validBanks, banksOffset, action, argument);
    }

    /**
     * The members of a sparse set. No more banks are read than the variable header holds, so that a mask which the guest
     * has changed since it was checked reads nothing beyond the block.
     */
    int sparse(HypercallBlock block, long validBanks, int banksOffset, Action action, int argument) {
        int sum = 0;
        int end = banksOffset + block.variableHeaderQwords() * Long.BYTES;
        int offset = banksOffset;
        for (long banks = validBanks; banks != 0 && offset < end; banks &= banks - 1) {
            sum += bank(Long.numberOfTrailingZeros(banks), block.qword(offset), action, argument);
            offset += Long.BYTES;
        }
        return sum;
    }

    private int bank(int bank, long members, Action action, int argument) {
        int sum = 0;
        for (long rest = members; rest != 0; rest &= rest - 1) {
            sum += one(bank * HvVpSet.VPS_PER_BANK + Long.numberOfTrailingZeros(rest), action, argument);
        }
        return sum;
    }

    private int one(int vpIndex, Action action, int argument) {
        SynIc target = processors.get(vpIndex);
        return target == null ? 0 : action.apply(target, argument);
    }
}
