// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvFlushInput.HV_FLUSH_ALL_PROCESSORS;
import static dev.synapic.spec.hyperv.HvFlushInput.HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES;
import static dev.synapic.spec.hyperv.HvFlushInput.HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY;
import static dev.synapic.spec.hyperv.HvFlushInput.HV_FLUSH_USE_EXTENDED_RANGE_FORMAT;

import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HvVpSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The four calls that flush TLBs (TLFS, "Virtual TLB Enhancements"). Any thread.
 *
 * <p>What a call has carried out has happened when it returns. A long list is left to be continued after
 * {@link #FLUSHES_PER_CALL}, at least one range is done.
 */
final class FlushCalls {
    private static final int FLAGS_OFFSET = 8;
    private static final int TARGETS_OFFSET = 16;
    /** Header of the calls with a mask. */
    static final int HEADER_BYTES = TARGETS_OFFSET + Long.BYTES;
    /** Fixed header of the calls with a set. */
    static final int EX_HEADER_BYTES = TARGETS_OFFSET + HvVpSet.BANKS_OFFSET;
    /** Ranges times processors: what can be done in about the 50 us that a hypervisor takes at most. */
    static final int FLUSHES_PER_CALL = 256;

    private static final long SPACE_FLAGS =
            HV_FLUSH_ALL_PROCESSORS | HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES | HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY;

    private final VpTargets targets;
    private final TlbFlushPort tlbs;
    private final PartitionPrivileges privileges;
    private final HvHypercallListener listener;
    /** One that no call uses now, or null. */
    private final AtomicReference<@Nullable TlbFlush> spare = new AtomicReference<>();

    FlushCalls(VpTargets targets, TlbFlushPort tlbs, PartitionPrivileges privileges, HvHypercallListener listener) {
        this.targets = targets;
        this.tlbs = tlbs;
        this.privileges = privileges;
        this.listener = listener;
    }

    /** The calls with a mask. An empty mask means everybody: Windows Server 2012 flushes so. */
    int masked(HypercallBlock block, boolean list) {
        long flags = block.qword(FLAGS_OFFSET);
        long mask = block.qword(TARGETS_OFFSET);
        if (!legal(flags, list)) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        boolean everybody = (flags & HV_FLUSH_ALL_PROCESSORS) != 0 || mask == 0;
        carryOut(block, flags, list, HEADER_BYTES, everybody ? Who.EVERYBODY : Who.MASK);
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** The Ex calls. */
    int inSet(HypercallBlock block, boolean list) {
        long flags = block.qword(FLAGS_OFFSET);
        long format = block.qword(TARGETS_OFFSET + HvVpSet.FORMAT_OFFSET);
        int status = VpTargets.check(block, format, block.qword(TARGETS_OFFSET + HvVpSet.VALID_BANKS_OFFSET));
        if (status != HvStatus.HV_STATUS_SUCCESS) {
            return status;
        }
        if (!legal(flags, list)) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        boolean everybody = (flags & HV_FLUSH_ALL_PROCESSORS) != 0 || format == HvVpSet.FORMAT_ALL;
        int listOffset = EX_HEADER_BYTES + block.variableHeaderQwords() * Long.BYTES;
        carryOut(block, flags, list, listOffset, everybody ? Who.EVERYBODY : Who.SET);
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /**
     * A list may have "non-global only", which has no meaning there and is ignored: the manual calls it invalid, but
     * Windows sends it, and KVM and OpenVMM take it.
     */
    private boolean legal(long flags, boolean list) {
        long extended = list && privileges.allowsExtendedRanges() ? HV_FLUSH_USE_EXTENDED_RANGE_FORMAT : 0;
        return (flags & ~(SPACE_FLAGS | extended)) == 0;
    }

    private enum Who {
        EVERYBODY,
        MASK,
        SET
    }

    private void carryOut(HypercallBlock block, long flags, boolean list, int listOffset, Who who) {
        long space = block.qword(0);
        TlbFlush unused = spare.getAndSet(null);
        TlbFlush flush = unused == null ? new TlbFlush(tlbs) : unused;
        flush.ofSpace(
                (flags & HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES) != 0 ? TlbFlushPort.ALL_SPACES : space,
                (flags & HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY) != 0);
        int processors = list ? 0 : at(block, who, flush);
        boolean extended = (flags & HV_FLUSH_USE_EXTENDED_RANGE_FORMAT) != 0;
        int work = 0;
        while (list && block.repsCompleted() < block.repCount() && work < FLUSHES_PER_CALL) {
            flush.ofRange(block.qword(listOffset + block.repsCompleted() * Long.BYTES), extended);
            processors = at(block, who, flush);
            work += Math.max(processors, 1);
            block.completeRep();
        }
        spare.set(flush);
        listener.tlbsFlushed(block.code(), space, flags, processors);
    }

    /** Returns how many processors there are. */
    private int at(HypercallBlock block, Who who, TlbFlush flush) {
        return switch (who) {
            case EVERYBODY -> targets.all(flush, 0);
            case MASK -> targets.mask(block.qword(TARGETS_OFFSET), flush, 0);
            case SET ->
                targets.sparse(
                        block, block.qword(TARGETS_OFFSET + HvVpSet.VALID_BANKS_OFFSET), EX_HEADER_BYTES, flush, 0);
        };
    }
}
