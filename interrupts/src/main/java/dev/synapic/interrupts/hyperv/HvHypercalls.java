// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HvVpSet;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;

/**
 * The hypercalls of the Hyper-V interface.
 *
 * <ul>
 *   <li>Models: control word and result of both register conventions; HvCallSendSyntheticClusterIpi, slow and fast;
 *       HvCallSendSyntheticClusterIpiEx, slow, with sparse and complete VP sets.
 *   <li>Spec: TLFS, "Hypercall Interface", "Hypercall Reference", HV_VP_SET, HV_INPUT_VTL.
 *   <li>Not modelled: XMM input (hence no fast form of the Ex call, whose header does not fit two registers), VTLs
 *       other than 0, rep calls, HvCallPostMessage and HvCallSignalEvent (both answer 2 until ports exist), privileges;
 *       #UD outside ring 0 is the processor's to raise.
 *   <li>Threading: any vCPU's thread.
 * </ul>
 */
public final class HvHypercalls {
    private static final int FIRST_VECTOR = 0x10;
    private static final int LAST_VECTOR = 0xFF;
    private static final int IPI_INPUT_BYTES = 16;
    private static final int IPI_EX_SET_OFFSET = 8;
    private static final int MASK_OFFSET = 8;

    private final SynIcSet processors;
    private final ApicBus bus;
    private final GuestMemory memory;
    private final HvHypercallListener listener;

    public HvHypercalls(SynIcSet processors, ApicBus bus, GuestMemory memory, HvHypercallListener listener) {
        this.processors = processors;
        this.bus = bus;
        this.memory = memory;
        this.listener = listener;
    }

    /**
     * Carries out the call that stands in the caller's registers and puts the result there: RCX, RDX, R8 and RAX for a
     * 64-bit caller, the pairs EDX:EAX, EBX:ECX, EDI:ESI and EDX:EAX for a 32-bit one.
     */
    public void call(HypercallRegisters registers, boolean longMode) {
        if (longMode) {
            registers.set(
                    HypercallRegisters.RAX,
                    invoke(
                            registers.get(HypercallRegisters.RCX),
                            registers.get(HypercallRegisters.RDX),
                            registers.get(HypercallRegisters.R8)));
            return;
        }
        long result = invoke(
                pair(registers, HypercallRegisters.RDX, HypercallRegisters.RAX),
                pair(registers, HypercallRegisters.RBX, HypercallRegisters.RCX),
                pair(registers, HypercallRegisters.RDI, HypercallRegisters.RSI));
        registers.set(HypercallRegisters.RDX, result >>> 32);
        registers.set(HypercallRegisters.RAX, result & 0xFFFF_FFFFL);
    }

    private static long pair(HypercallRegisters registers, int high, int low) {
        return registers.get(high) << 32 | registers.get(low) & 0xFFFF_FFFFL;
    }

    /**
     * Carries out a call; input and output are addresses of parameter blocks, or the parameters themselves of a fast
     * call.
     */
    public long invoke(long control, long input, long output) {
        listener.called(control, input, output);
        long result = HypercallInput.result(status(control, input, output), 0);
        listener.done(control, result);
        return result;
    }

    private int status(long control, long input, long output) {
        if ((control & (HypercallInput.RESERVED | HypercallInput.NESTED)) != 0) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        return switch ((int) (control & HypercallInput.CODE_MASK)) {
            case HypercallCode.HvCallSendSyntheticClusterIpi -> sendIpi(control, input, output);
            case HypercallCode.HvCallSendSyntheticClusterIpiEx -> sendIpiEx(control, input);
            default -> HvStatus.HV_STATUS_INVALID_HYPERCALL_CODE;
        };
    }

    // ---- HvCallSendSyntheticClusterIpi --------------------------------------------------------------------------

    private int sendIpi(long control, long input, long output) {
        if (isRep(control) || variableHeaderQwords(control) != 0) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        boolean fast = (control & HypercallInput.FAST) != 0;
        if (!fast && !isParameterBlock(input, IPI_INPUT_BYTES)) {
            return HvStatus.HV_STATUS_INVALID_ALIGNMENT;
        }
        long vectorAndVtl = fast ? input : memory.getLong(input);
        long mask = fast ? output : memory.getLong(input + MASK_OFFSET);
        int status = checkVectorAndVtl(vectorAndVtl);
        if (status == HvStatus.HV_STATUS_SUCCESS) {
            int accepted = deliverBank(0, mask, (int) vectorAndVtl);
            listener.ipiSent((int) vectorAndVtl, mask, accepted);
        }
        return status;
    }

    // ---- HvCallSendSyntheticClusterIpiEx ------------------------------------------------------------------------

    private int sendIpiEx(long control, long input) {
        if (isRep(control) || (control & HypercallInput.FAST) != 0) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        int banks = variableHeaderQwords(control);
        int bytes = IPI_EX_SET_OFFSET + HvVpSet.BANKS_OFFSET + banks * Long.BYTES;
        if (!isParameterBlock(input, bytes)) {
            return HvStatus.HV_STATUS_INVALID_ALIGNMENT;
        }
        // Each field is read once: the guest may change the block meanwhile.
        long vectorAndVtl = memory.getLong(input);
        long set = input + IPI_EX_SET_OFFSET;
        long format = memory.getLong(set + HvVpSet.FORMAT_OFFSET);
        long validBanks = memory.getLong(set + HvVpSet.VALID_BANKS_OFFSET);
        if (Long.bitCount(validBanks) != banks) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        int status = checkVectorAndVtl(vectorAndVtl);
        if (status != HvStatus.HV_STATUS_SUCCESS) {
            return status;
        }
        if (format != HvVpSet.FORMAT_ALL && format != HvVpSet.FORMAT_SPARSE_4K) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        int vector = (int) vectorAndVtl;
        int accepted = format == HvVpSet.FORMAT_ALL
                ? deliverToAll(vector)
                : deliverSparse(validBanks, set + HvVpSet.BANKS_OFFSET, vector);
        listener.ipiSentEx(vector, format, validBanks, accepted);
        return HvStatus.HV_STATUS_SUCCESS;
    }

    private int deliverToAll(int vector) {
        int accepted = 0;
        for (int vpIndex = 0; vpIndex < processors.limit(); vpIndex++) {
            accepted += deliver(vpIndex, vector);
        }
        return accepted;
    }

    private int deliverSparse(long validBanks, long contentsGpa, int vector) {
        int accepted = 0;
        long gpa = contentsGpa;
        for (long banks = validBanks; banks != 0; banks &= banks - 1) {
            accepted += deliverBank(Long.numberOfTrailingZeros(banks), memory.getLong(gpa), vector);
            gpa += Long.BYTES;
        }
        return accepted;
    }

    // ---- delivery -----------------------------------------------------------------------------------------------

    private int deliverBank(int bank, long members, int vector) {
        int accepted = 0;
        for (long rest = members; rest != 0; rest &= rest - 1) {
            accepted += deliver(bank * HvVpSet.VPS_PER_BANK + Long.numberOfTrailingZeros(rest), vector);
        }
        return accepted;
    }

    /** A VP that does not exist is passed over, as one whose APIC is disabled. */
    private int deliver(int vpIndex, int vector) {
        SynIc target = processors.get(vpIndex);
        return target == null ? 0 : bus.deliver(target.apic(), ApicRequest.fixed(vector));
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

    private boolean isParameterBlock(long gpa, int bytes) {
        return (gpa & 7) == 0
                && (gpa & GuestMemory.PAGE_SIZE - 1) + bytes <= GuestMemory.PAGE_SIZE
                && memory.contains(gpa, bytes);
    }

    private static boolean isRep(long control) {
        long repMask = (long) HypercallInput.REP_MASK;
        return (control & (repMask << HypercallInput.REP_COUNT_SHIFT | repMask << HypercallInput.REP_START_SHIFT)) != 0;
    }

    private static int variableHeaderQwords(long control) {
        return (int) (control >>> HypercallInput.VARIABLE_HEADER_SHIFT) & HypercallInput.VARIABLE_HEADER_MASK;
    }
}
