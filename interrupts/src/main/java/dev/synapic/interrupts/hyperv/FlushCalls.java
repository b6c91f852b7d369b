// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvFlushInput.HV_FLUSH_ALL_PROCESSORS;
import static dev.synapic.spec.hyperv.HvFlushInput.HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES;
import static dev.synapic.spec.hyperv.HvFlushInput.HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY;

import dev.synapic.spec.hyperv.HvFlushInput;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HvVpSet;

/**
 * The four calls that flush TLBs (TLFS, "Virtual TLB Enhancements"). Any thread.
 *
 * <p>All of a call's elements are carried out before it returns.
 */
final class FlushCalls {
    private static final int FLAGS_OFFSET = 8;
    private static final int TARGETS_OFFSET = 16;
    /** Header of the calls with a mask. */
    static final int HEADER_BYTES = TARGETS_OFFSET + Long.BYTES;
    /** Fixed header of the calls with a set. */
    static final int EX_HEADER_BYTES = TARGETS_OFFSET + HvVpSet.BANKS_OFFSET;

    private static final long SPACE_FLAGS =
            HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES | HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY;
    /** A list names its pages, so that "non-global only" has no meaning (TLFS, HvCallFlushVirtualAddressList). */
    private static final long LIST_FLAGS = HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES;

    /** Drops all translations of a space at one processor. */
    private record SpaceFlush(TlbFlushPort tlbs, long addressSpace, boolean keepGlobal) implements VpTargets.Action {
        @Override
        public int apply(SynIc target, int unused) {
            tlbs.flushSpace(target.vpIndex(), addressSpace, keepGlobal);
            return 1;
        }
    }

    /** Drops the translations of ranges at one processor. */
    private static final class ListFlush implements VpTargets.Action {
        private final TlbFlushPort tlbs;
        private final long addressSpace;
        private final long[] ranges;

        ListFlush(TlbFlushPort tlbs, long addressSpace, long[] ranges) {
            this.tlbs = tlbs;
            this.addressSpace = addressSpace;
            this.ranges = ranges;
        }

        @Override
        public int apply(SynIc target, int unused) {
            for (long range : ranges) {
                // Ranges beyond the address space are ignored (CVE-2025-38351).
                if (isCanonical(range)) {
                    int pages = (int) (range & HvFlushInput.ADDITIONAL_PAGES_MASK) + 1;
                    long gva = range & ~HvFlushInput.ADDITIONAL_PAGES_MASK;
                    tlbs.flushPages(target.vpIndex(), addressSpace, gva, pages);
                }
            }
            return 1;
        }

        /** Within the widest linear addresses that there are, 57 bits. */
        private static boolean isCanonical(long gva) {
            return gva << 7 >> 7 == gva;
        }
    }

    private final VpTargets targets;
    private final TlbFlushPort tlbs;
    private final HvHypercallListener listener;

    FlushCalls(VpTargets targets, TlbFlushPort tlbs, HvHypercallListener listener) {
        this.targets = targets;
        this.tlbs = tlbs;
        this.listener = listener;
    }

    /** The calls with a mask. An empty mask means everybody: Windows Server 2012 flushes so. */
    int masked(HypercallBlock block, boolean list) {
        long addressSpace = block.qword(0);
        long flags = block.qword(FLAGS_OFFSET);
        long mask = block.qword(TARGETS_OFFSET);
        if (!legal(flags, list)) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        VpTargets.Action flush = flush(block, addressSpace, flags, list, HEADER_BYTES);
        boolean everybody = (flags & HV_FLUSH_ALL_PROCESSORS) != 0 || mask == 0;
        int flushed = everybody ? targets.all(flush, 0) : targets.mask(mask, flush, 0);
        listener.tlbsFlushed(block.code(), addressSpace, flags, flushed);
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** The Ex calls. */
    int inSet(HypercallBlock block, boolean list) {
        long addressSpace = block.qword(0);
        long flags = block.qword(FLAGS_OFFSET);
        long format = block.qword(TARGETS_OFFSET + HvVpSet.FORMAT_OFFSET);
        long validBanks = block.qword(TARGETS_OFFSET + HvVpSet.VALID_BANKS_OFFSET);
        int status = VpTargets.check(block, format, validBanks);
        if (status != HvStatus.HV_STATUS_SUCCESS) {
            return status;
        }
        if (!legal(flags, list)) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        int listOffset = EX_HEADER_BYTES + block.variableHeaderQwords() * Long.BYTES;
        VpTargets.Action flush = flush(block, addressSpace, flags, list, listOffset);
        int flushed = (flags & HV_FLUSH_ALL_PROCESSORS) != 0
                ? targets.all(flush, 0)
                : targets.set(block, format, validBanks, EX_HEADER_BYTES, flush, 0);
        listener.tlbsFlushed(block.code(), addressSpace, flags, flushed);
        return HvStatus.HV_STATUS_SUCCESS;
    }

    private static boolean legal(long flags, boolean list) {
        return (flags & ~(list ? LIST_FLAGS : SPACE_FLAGS)) == 0;
    }

    private VpTargets.Action flush(HypercallBlock block, long space, long flags, boolean list, int listOffset) {
        long addressSpace = (flags & HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES) != 0 ? TlbFlushPort.ALL_SPACES : space;
        return list
                ? new ListFlush(tlbs, addressSpace, ranges(block, listOffset))
                : new SpaceFlush(tlbs, addressSpace, (flags & HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY) != 0);
    }

    /** Those that are still to be done, from the call's start index on. */
    private static long[] ranges(HypercallBlock block, int listOffset) {
        long[] ranges = new long[block.repCount() - block.repStart()];
        for (int i = 0; i < ranges.length; i++) {
            ranges[i] = block.qword(listOffset + (block.repStart() + i) * Long.BYTES);
        }
        return ranges;
    }
}
