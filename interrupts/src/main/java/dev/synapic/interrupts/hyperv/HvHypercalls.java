// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.spec.hyperv.HvPostMessageInput;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HvVpSet;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The hypercalls of the Hyper-V interface.
 *
 * <ul>
 *   <li>Models: control word, result and register conventions of both caller widths; simple and rep calls, fixed and
 *       variable headers, parameters in memory, in general registers and in XMM registers; the partition's privileges;
 *       synthetic cluster IPIs, TLB flushes, posting messages, signalling events, long spin waits, the query of
 *       extended capabilities (of which there are none).
 *   <li>Spec: TLFS, "Hypercall Interface", "Hypercall Reference".
 *   <li>Not modelled: continuation (a rep call is carried out as a whole, so RCX is not updated), output in registers,
 *       VTLs other than 0. #UD outside ring 0 and in real mode is the processor's to raise.
 *   <li>Threading: any vCPU's thread.
 * </ul>
 */
public final class HvHypercalls {
    /** What {@link #invoke} returns instead of a result: the instruction is answered by #UD. */
    public static final long UNDEFINED_INSTRUCTION = -1;

    /** Not a status: the instruction is answered by #UD. */
    private static final int UNDEFINED = -1;

    /** Where a call's parameters may stand beside memory. */
    private enum Fast {
        NO,
        GENERAL_REGISTERS,
        XMM_REGISTERS
    }

    /** The shape of a call's parameters: bytes of its fixed header, of a list's element (0: simple), of its output. */
    private enum Shape {
        SPIN_WAIT(8, false, 0, Fast.GENERAL_REGISTERS, 0),
        IPI(16, false, 0, Fast.GENERAL_REGISTERS, 0),
        IPI_EX(8 + HvVpSet.BANKS_OFFSET, true, 0, Fast.XMM_REGISTERS, 0),
        FLUSH_SPACE(FlushCalls.HEADER_BYTES, false, 0, Fast.XMM_REGISTERS, 0),
        FLUSH_LIST(FlushCalls.HEADER_BYTES, false, Long.BYTES, Fast.XMM_REGISTERS, 0),
        FLUSH_SPACE_EX(FlushCalls.EX_HEADER_BYTES, true, 0, Fast.XMM_REGISTERS, 0),
        FLUSH_LIST_EX(FlushCalls.EX_HEADER_BYTES, true, Long.BYTES, Fast.XMM_REGISTERS, 0),
        POST_MESSAGE(HvPostMessageInput.SIZE, false, 0, Fast.NO, 0),
        SIGNAL_EVENT(8, false, 0, Fast.GENERAL_REGISTERS, 0),
        QUERY_CAPABILITIES(0, false, 0, Fast.NO, Long.BYTES);

        private final int headerBytes;
        private final boolean variableHeader;
        private final int elementBytes;
        private final Fast fast;
        private final int outputBytes;

        Shape(int headerBytes, boolean variableHeader, int elementBytes, Fast fast, int outputBytes) {
            this.headerBytes = headerBytes;
            this.variableHeader = variableHeader;
            this.elementBytes = elementBytes;
            this.fast = fast;
            this.outputBytes = outputBytes;
        }

        static @Nullable Shape of(int code) {
            return switch (code) {
                case HypercallCode.HvCallNotifyLongSpinWait -> SPIN_WAIT;
                case HypercallCode.HvCallSendSyntheticClusterIpi -> IPI;
                case HypercallCode.HvCallSendSyntheticClusterIpiEx -> IPI_EX;
                case HypercallCode.HvCallFlushVirtualAddressSpace -> FLUSH_SPACE;
                case HypercallCode.HvCallFlushVirtualAddressList -> FLUSH_LIST;
                case HypercallCode.HvCallFlushVirtualAddressSpaceEx -> FLUSH_SPACE_EX;
                case HypercallCode.HvCallFlushVirtualAddressListEx -> FLUSH_LIST_EX;
                case HypercallCode.HvCallPostMessage -> POST_MESSAGE;
                case HypercallCode.HvCallSignalEvent -> SIGNAL_EVENT;
                case HypercallCode.HvExtCallQueryCapabilities -> QUERY_CAPABILITIES;
                default -> null;
            };
        }

        /** Counts that do not go with the kind of call are invalid input. */
        boolean fits(HypercallBlock block) {
            boolean header = variableHeader || block.variableHeaderQwords() == 0;
            boolean list = elementBytes == 0
                    ? block.repCount() == 0 && block.repStart() == 0
                    : block.repStart() < block.repCount();
            return header && list && (fast != Fast.NO || !block.fast());
        }

        int inputBytes(HypercallBlock block) {
            return headerBytes + block.variableHeaderQwords() * Long.BYTES + block.repCount() * elementBytes;
        }
    }

    private final GuestMemory memory;
    private final PartitionPrivileges privileges;
    private final HvHypercallListener listener;
    private final IpiCalls ipis;
    private final FlushCalls flushes;
    private final ConnectionCalls connections;
    /** A block that no call uses now, or null. */
    private final AtomicReference<@Nullable HypercallBlock> spare = new AtomicReference<>();

    public HvHypercalls(
            SynIcSet processors,
            ApicBus bus,
            GuestMemory memory,
            ConnectionTable connections,
            TlbFlushPort tlbs,
            PartitionPrivileges privileges,
            HvHypercallListener listener) {
        VpTargets targets = new VpTargets(processors);
        this.memory = memory;
        this.privileges = privileges;
        this.listener = listener;
        this.ipis = new IpiCalls(bus, targets, listener);
        this.flushes = new FlushCalls(targets, tlbs, listener);
        this.connections = new ConnectionCalls(connections);
    }

    /**
     * Carries out the call that stands in the caller's registers and puts the result there: RCX, RDX, R8 and RAX for a
     * 64-bit caller, the pairs EDX:EAX, EBX:ECX, EDI:ESI and EDX:EAX for a 32-bit one.
     *
     * @return false where the instruction is answered by #UD; registers are untouched then
     */
    public boolean call(HypercallRegisters registers, boolean longMode) {
        XmmRegisters xmm = registers.xmm();
        if (longMode) {
            long result = invoke(
                    registers.get(HypercallRegisters.RCX),
                    registers.get(HypercallRegisters.RDX),
                    registers.get(HypercallRegisters.R8),
                    xmm);
            if (result != UNDEFINED_INSTRUCTION) {
                registers.set(HypercallRegisters.RAX, result);
            }
            return result != UNDEFINED_INSTRUCTION;
        }
        long result = invoke(
                pair(registers, HypercallRegisters.RDX, HypercallRegisters.RAX),
                pair(registers, HypercallRegisters.RBX, HypercallRegisters.RCX),
                pair(registers, HypercallRegisters.RDI, HypercallRegisters.RSI),
                xmm);
        if (result != UNDEFINED_INSTRUCTION) {
            registers.set(HypercallRegisters.RDX, result >>> 32);
            registers.set(HypercallRegisters.RAX, result & 0xFFFF_FFFFL);
        }
        return result != UNDEFINED_INSTRUCTION;
    }

    private static long pair(HypercallRegisters registers, int high, int low) {
        return registers.get(high) << 32 | registers.get(low) & 0xFFFF_FFFFL;
    }

    /**
     * Carries out a call; input and output are addresses of parameter blocks, or the parameters themselves of a fast
     * call, which go on in xmm (null: the caller has no such registers).
     *
     * @return the result value, or {@link #UNDEFINED_INSTRUCTION}
     */
    public long invoke(long control, long input, long output, @Nullable XmmRegisters xmm) {
        listener.called(control, input, output);
        HypercallBlock unused = spare.getAndSet(null);
        HypercallBlock block = unused == null ? new HypercallBlock(memory) : unused;
        block.load(control, input, output, xmm);
        long result = result(block);
        block.load(0, 0, 0, null);
        spare.set(block);
        listener.done(control, result);
        return result;
    }

    /** Of a list either all elements are carried out or none: what can be wrong stands in the header. */
    private long result(HypercallBlock block) {
        int status = status(block);
        if (status == UNDEFINED) {
            return UNDEFINED_INSTRUCTION;
        }
        return HypercallInput.result(status, status == HvStatus.HV_STATUS_SUCCESS ? block.repCount() : 0);
    }

    private int status(HypercallBlock block) {
        if (!block.controlIsLegal()) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        Shape shape = Shape.of(block.code());
        if (shape == null) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_CODE;
        }
        if (!privileges.allowsCall(block.code())) {
            return HvStatus.HV_STATUS_ACCESS_DENIED;
        }
        if (!shape.fits(block)) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        int status = block.fast() ? checkFast(shape, block) : checkMemory(shape, block);
        return status == HvStatus.HV_STATUS_SUCCESS ? carryOut(block) : status;
    }

    /** Parameters in XMM registers that the caller does not have, or was not offered, are no instruction at all. */
    private int checkFast(Shape shape, HypercallBlock block) {
        int bytes = shape.inputBytes(block);
        if (bytes <= HypercallBlock.REGISTER_BYTES) {
            return HvStatus.HV_STATUS_SUCCESS;
        }
        if (!block.hasXmm() || !privileges.allowsXmmInput()) {
            return UNDEFINED;
        }
        return bytes <= HypercallBlock.FAST_BYTES
                ? HvStatus.HV_STATUS_SUCCESS
                : HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
    }

    private static int checkMemory(Shape shape, HypercallBlock block) {
        return block.inputIsAligned(shape.inputBytes(block)) && block.outputIsAligned(shape.outputBytes)
                ? HvStatus.HV_STATUS_SUCCESS
                : HvStatus.HV_STATUS_INVALID_ALIGNMENT;
    }

    private int carryOut(HypercallBlock block) {
        return switch (block.code()) {
            case HypercallCode.HvCallSendSyntheticClusterIpi -> ipis.send(block);
            case HypercallCode.HvCallSendSyntheticClusterIpiEx -> ipis.sendEx(block);
            case HypercallCode.HvCallFlushVirtualAddressSpace -> flushes.masked(block, false);
            case HypercallCode.HvCallFlushVirtualAddressList -> flushes.masked(block, true);
            case HypercallCode.HvCallFlushVirtualAddressSpaceEx -> flushes.inSet(block, false);
            case HypercallCode.HvCallFlushVirtualAddressListEx -> flushes.inSet(block, true);
            case HypercallCode.HvCallPostMessage -> connections.postMessage(block);
            case HypercallCode.HvCallSignalEvent -> connections.signalEvent(block);
            case HypercallCode.HvExtCallQueryCapabilities -> queryCapabilities(block);
            default -> notifyLongSpinWait(block);
        };
    }

    /** Advice, which is always welcome (TLFS, HvCallNotifyLongSpinWait). */
    private int notifyLongSpinWait(HypercallBlock block) {
        listener.spinsLong((int) block.qword(0));
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** None of the extended calls exists. */
    private int queryCapabilities(HypercallBlock block) {
        memory.putLong(block.output(), 0);
        return HvStatus.HV_STATUS_SUCCESS;
    }
}
