// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.spec.hyperv.HvPort;
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
 *       variable headers; parameters in memory, in general registers and in XMM registers, results in memory and in
 *       those registers; continuation of long lists; the partition's privileges; synthetic cluster IPIs, TLB flushes,
 *       posting messages, signalling events, the guest's own ports and connections, long spin waits, the query of extended capabilities (of which there are
 *       none).
 *   <li>Spec: TLFS, "Hypercall Interface", "Hypercall Reference".
 *   <li>Not modelled: VTLs other than 0. #UD outside ring 0 and in real mode is the processor's to raise.
 *   <li>Threading: any vCPU's thread.
 * </ul>
 */
public final class HvHypercalls {
    /** How a call that stands in registers was answered. */
    public enum Answer {
        DONE,
        /** A list is not done: its start index is moved, and the caller shall call again. */
        AGAIN,
        /** The instruction is answered by #UD; registers are untouched. */
        UNDEFINED
    }

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
        CREATE_PORT(HvPort.CREATE_SIZE, false, 0, Fast.NO, 0),
        CONNECT_PORT(HvPort.CONNECT_SIZE, false, 0, Fast.NO, 0),
        END_PORT(16, false, 0, Fast.GENERAL_REGISTERS, 0),
        PORT_PROPERTY(PortCalls.PROPERTY_INPUT_SIZE, false, 0, Fast.NO, Long.BYTES),
        QUERY_CAPABILITIES(0, false, 0, Fast.XMM_REGISTERS, Long.BYTES);

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
                case HypercallCode.HvCallCreatePort -> CREATE_PORT;
                case HypercallCode.HvCallConnectPort -> CONNECT_PORT;
                case HypercallCode.HvCallDeletePort, HypercallCode.HvCallDisconnectPort -> END_PORT;
                case HypercallCode.HvCallGetPortProperty -> PORT_PROPERTY;
                case HypercallCode.HvExtCallQueryCapabilities -> QUERY_CAPABILITIES;
                default -> null;
            };
        }

        /** Whether it belongs to ports that guests make. */
        boolean isOfPorts() {
            return this == CREATE_PORT || this == CONNECT_PORT || this == END_PORT || this == PORT_PROPERTY;
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
    private final @Nullable PortCalls ports;
    /** A block that no call uses now, or null. */
    private final AtomicReference<@Nullable HypercallBlock> spare = new AtomicReference<>();

    /** For a machine whose guest cannot make ports of its own: the calls for that are unknown. */
    public HvHypercalls(
            SynIcSet processors,
            ApicBus bus,
            GuestMemory memory,
            ConnectionTable connections,
            TlbFlushPort tlbs,
            PartitionPrivileges privileges,
            HvHypercallListener listener) {
        this(processors, bus, memory, connections, null, tlbs, privileges, listener);
    }

    /** guestPorts stand in the same table of connections; null for none. */
    public HvHypercalls(
            SynIcSet processors,
            ApicBus bus,
            GuestMemory memory,
            ConnectionTable connections,
            @Nullable GuestPorts guestPorts,
            TlbFlushPort tlbs,
            PartitionPrivileges privileges,
            HvHypercallListener listener) {
        VpTargets targets = new VpTargets(processors);
        this.memory = memory;
        this.privileges = privileges;
        this.listener = listener;
        this.ipis = new IpiCalls(bus, targets, listener);
        this.flushes = new FlushCalls(targets, tlbs, privileges, listener);
        this.connections = new ConnectionCalls(connections);
        this.ports = guestPorts == null ? null : new PortCalls(guestPorts);
    }

    /**
     * Carries out the call that stands in the caller's registers and puts the result there: RCX, RDX, R8 and RAX for a
     * 64-bit caller, the pairs EDX:EAX, EBX:ECX, EDI:ESI and EDX:EAX for a 32-bit one.
     */
    public Answer call(HypercallRegisters registers, boolean longMode) {
        HypercallBlock block = take();
        block.load(
                control(registers, longMode), input(registers, longMode), output(registers, longMode), registers.xmm());
        long result = carryOut(block, longMode);
        Answer answer = Answer.DONE;
        if (result == UNDEFINED_INSTRUCTION) {
            answer = Answer.UNDEFINED;
        } else if (isUnfinished(block, result)) {
            answer = Answer.AGAIN;
            moveStart(registers, longMode, block);
        } else {
            putResult(registers, longMode, block, result);
        }
        give(block);
        return answer;
    }

    private static long control(HypercallRegisters registers, boolean longMode) {
        return longMode
                ? registers.get(HypercallRegisters.RCX)
                : pair(registers, HypercallRegisters.RDX, HypercallRegisters.RAX);
    }

    private static long input(HypercallRegisters registers, boolean longMode) {
        return longMode
                ? registers.get(HypercallRegisters.RDX)
                : pair(registers, HypercallRegisters.RBX, HypercallRegisters.RCX);
    }

    private static long output(HypercallRegisters registers, boolean longMode) {
        return longMode
                ? registers.get(HypercallRegisters.R8)
                : pair(registers, HypercallRegisters.RDI, HypercallRegisters.RSI);
    }

    private static long pair(HypercallRegisters registers, int high, int low) {
        return registers.get(high) << 32 | registers.get(low) & 0xFFFF_FFFFL;
    }

    private static boolean isUnfinished(HypercallBlock block, long result) {
        return (result & 0xFFFF) == HvStatus.HV_STATUS_SUCCESS && block.repsCompleted() < block.repCount();
    }

    /** TLFS, "Hypercall Continuation". */
    private static void moveStart(HypercallRegisters registers, boolean longMode, HypercallBlock block) {
        long moved = block.controlFrom(block.repsCompleted());
        if (longMode) {
            registers.set(HypercallRegisters.RCX, moved);
        } else {
            registers.set(HypercallRegisters.RDX, moved >>> 32);
        }
    }

    private static void putResult(HypercallRegisters registers, boolean longMode, HypercallBlock block, long result) {
        if (!longMode) {
            registers.set(HypercallRegisters.RDX, result >>> 32);
            registers.set(HypercallRegisters.RAX, result & 0xFFFF_FFFFL);
            return;
        }
        registers.set(HypercallRegisters.RAX, result);
        if (block.hasFastOutput()) {
            registers.set(HypercallRegisters.RDX, block.input());
            registers.set(HypercallRegisters.R8, block.output());
        }
    }

    /**
     * Carries out a call whose results, if any, go to memory; input and output are addresses of parameter blocks, or the
     * parameters themselves of a fast call, which go on in xmm (null: the caller has no such registers).
     *
     * @return the result value, or {@link #UNDEFINED_INSTRUCTION}. Success with fewer reps completed than the call has:
     *     the list is to be continued from there.
     */
    public long invoke(long control, long input, long output, @Nullable XmmRegisters xmm) {
        HypercallBlock block = take();
        block.load(control, input, output, xmm);
        long result = carryOut(block, false);
        give(block);
        return result;
    }

    private HypercallBlock take() {
        HypercallBlock unused = spare.getAndSet(null);
        return unused == null ? new HypercallBlock(memory) : unused;
    }

    private void give(HypercallBlock block) {
        block.load(0, 0, 0, null);
        spare.set(block);
    }

    private long carryOut(HypercallBlock block, boolean registerOutput) {
        long control = block.control();
        listener.called(control, block.input(), block.output());
        int status = status(block, registerOutput);
        long result = status == UNDEFINED
                ? UNDEFINED_INSTRUCTION
                : HypercallInput.result(status, status == HvStatus.HV_STATUS_SUCCESS ? block.repsCompleted() : 0);
        listener.done(control, result);
        return result;
    }

    private int status(HypercallBlock block, boolean registerOutput) {
        if (!block.controlIsLegal()) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        Shape shape = Shape.of(block.code());
        if (shape == null || shape.isOfPorts() && ports == null) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_CODE;
        }
        if (!privileges.allowsCall(block.code())) {
            return HvStatus.HV_STATUS_ACCESS_DENIED;
        }
        if (!shape.fits(block)) {
            return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
        }
        int status = block.fast() ? checkFast(shape, block, registerOutput) : checkMemory(shape, block);
        if (status != HvStatus.HV_STATUS_SUCCESS) {
            return status;
        }
        return ports != null && shape.isOfPorts() ? dispatch(ports, block) : dispatch(block);
    }

    /**
     * Parameters in registers that the caller does not have, or was not offered, are no instruction at all (TLFS, "XMM
     * Fast Hypercall Input"). Results in registers are there for 64-bit callers only.
     */
    private int checkFast(Shape shape, HypercallBlock block, boolean registerOutput) {
        int bytes = shape.inputBytes(block);
        boolean xmmInput = bytes > HypercallBlock.REGISTER_BYTES;
        if (xmmInput && !(block.hasXmm() && privileges.allowsXmmInput())) {
            return UNDEFINED;
        }
        if (shape.outputBytes != 0) {
            if (!privileges.allowsXmmOutput()) {
                return UNDEFINED;
            }
            if (!registerOutput || !block.placeFastOutput(bytes, shape.outputBytes)) {
                return HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
            }
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

    private int dispatch(HypercallBlock block) {
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

    private static int dispatch(PortCalls ports, HypercallBlock block) {
        return switch (block.code()) {
            case HypercallCode.HvCallCreatePort -> ports.create(block);
            case HypercallCode.HvCallDeletePort -> ports.delete(block);
            case HypercallCode.HvCallConnectPort -> ports.connect(block);
            case HypercallCode.HvCallDisconnectPort -> ports.disconnect(block);
            default -> ports.property(block);
        };
    }

    /** Advice, which is always welcome (TLFS, HvCallNotifyLongSpinWait). */
    private int notifyLongSpinWait(HypercallBlock block) {
        listener.spinsLong((int) block.qword(0));
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** None of the extended calls exists. */
    private static int queryCapabilities(HypercallBlock block) {
        block.putQword(0, 0);
        return HvStatus.HV_STATUS_SUCCESS;
    }
}
