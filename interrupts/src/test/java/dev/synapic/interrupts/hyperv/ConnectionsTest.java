// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INSUFFICIENT_BUFFERS;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_ALIGNMENT;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PARAMETER;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PORT_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_VP_INDEX;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.routing.Errno;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.PinPort;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.interrupts.routing.SintLine;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Ports and Connections", HvCallPostMessage, HvCallSignalEvent; KVM API, KVM_HYPERV_EVENTFD. */
class ConnectionsTest {
    private static final long POST = HypercallCode.HvCallPostMessage;
    private static final long SIGNAL = HypercallCode.HvCallSignalEvent;
    private static final long FAST = HypercallInput.FAST;
    private static final long BLOCK = 0x4000;
    private static final int ID = 0x12_3456;
    private static final int VP = 1;
    private static final int SINT = 2;
    private static final int VECTOR = 0x61;
    private static final long SLOT = VirtualProcessors.simpPage(VP) + SINT * 256;
    private static final long FLAGS = VirtualProcessors.siefpPage(VP) + SINT * 256;

    private final SynIcSet set = new SynIcSet(2);
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.SPLIT, (address, data) -> 0, set, PinPort.ABSENT, IrqChipListener.NONE);
    private final SynIcPages pages = new SynIcPages(2);
    private final VirtualProcessors vps =
            new VirtualProcessors(2, set, Transit.IMMEDIATE, SynIcListener.both(pages, new SynIcListener() {
                @Override
                public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                    chip.acknowledgeSint(synIc.vpIndex(), sint);
                }
            }));
    private final SintGsiAllocator lines = new SintGsiAllocator(chip, 64, 128);
    private final SintMessageQueues queues = new SintMessageQueues(lines, vps.turns, pages);
    private final ConnectionTable connections = new ConnectionTable();
    private final HvHypercalls calls = new HvHypercalls(
            set,
            vps.bus,
            vps.memory,
            connections,
            TlbFlushPort.NONE,
            PartitionPrivileges.UNRESTRICTED,
            HvHypercallListener.NONE);
    private final List<SynIcMessage> posted = new ArrayList<>();

    private int take(SynIcMessage message) {
        posted.add(message);
        return HV_STATUS_SUCCESS;
    }

    private void run() {
        vps.running(SynIc.Activation.SYNIC);
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_SINT0 + SINT, VECTOR);
    }

    private long post(long idAndReserved, int type, int size, long payload) {
        vps.memory.putLong(BLOCK, idAndReserved);
        vps.memory.putInt(BLOCK + 8, type);
        vps.memory.putInt(BLOCK + 12, size);
        vps.memory.putLong(BLOCK + 16, payload);
        return calls.invoke(POST, BLOCK, 0, null);
    }

    private long signal(long idAndFlag) {
        return calls.invoke(SIGNAL | FAST, idAndFlag, 0, null);
    }

    private static void refused(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(IrqChipException.class)
                .satisfies(e -> assertThat(((IrqChipException) e).errno()).isEqualTo(errno));
    }

    // ---- the VMM's table
    // ----------------------------------------------------------------------------------------------------

    @Test
    void idsHave24Bits() {
        EventFd eventFd = new EventFd();
        for (int id : new int[] {1 << 24, -1, Integer.MIN_VALUE}) {
            refused(Errno.EINVAL, () -> connections.assignEventFd(id, eventFd));
            refused(Errno.EINVAL, () -> connections.addMessageHandler(id, this::take));
        }
        connections.assignEventFd(0xFF_FFFF, eventFd);
        connections.assignEventFd(0, eventFd);
    }

    @Test
    void connectionHasOneHandlerOfItsKind() {
        EventFd eventFd = new EventFd();
        connections.assignEventFd(ID, eventFd);
        refused(Errno.EEXIST, () -> connections.assignEventFd(ID, eventFd));
        refused(Errno.EEXIST, () -> connections.addEventHandler(ID, flag -> 0));
        connections.addMessageHandler(ID, this::take);
        refused(Errno.EEXIST, () -> connections.addMessageHandler(ID, this::take));
    }

    @Test
    void whatIsNotThereCannotBeTakenAway() {
        refused(Errno.ENOENT, () -> connections.deassignEventFd(ID));
        refused(Errno.ENOENT, () -> connections.removeMessageHandler(-1));
        connections.assignEventFd(ID, new EventFd());
        connections.deassignEventFd(ID);
        refused(Errno.ENOENT, () -> connections.deassignEventFd(ID));
    }

    // ---- HvCallPostMessage
    // --------------------------------------------------------------------------------------------------

    @Test
    void messageReachesTheHandlerOfItsConnection() {
        connections.addMessageHandler(ID, this::take);

        assertThat(post(ID, 0x7FFF_FFFF, 5, 0x66_0504_0302_01L)).isZero();

        assertThat(posted).containsExactly(new SynIcMessage(0x7FFF_FFFF, ID, new byte[] {1, 2, 3, 4, 5}));
    }

    @Test
    void handlersStatusIsTheGuests() {
        connections.addMessageHandler(ID, message -> HV_STATUS_INSUFFICIENT_BUFFERS);

        assertThat(post(ID, 1, 0, 0)).isEqualTo(HV_STATUS_INSUFFICIENT_BUFFERS);
    }

    @Test
    void unknownConnectionIsInvalid() {
        assertThat(post(ID, 1, 8, 0)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(post(0x0100_0000, 1, 8, 0)).as("25 bits").isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
    }

    @Test
    void connectionOfTheOtherKindIsAnInvalidPort() {
        connections.assignEventFd(ID, new EventFd());
        connections.addMessageHandler(7, this::take);

        assertThat(post(ID, 1, 8, 0)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        assertThat(signal(7)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
    }

    /** QEMU answers 3 for the size, the manual 5 for all of them. */
    @Test
    void typeSizeAndReservedBitsAreParameters() {
        connections.addMessageHandler(ID, this::take);

        assertThat(post(ID, 0, 8, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(post(ID, 0x8000_0000, 8, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(post(ID, 1, 241, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(post(ID, 1, -1, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(post(1L << 32 | ID, 1, 8, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(posted).isEmpty();
        assertThat(post(ID, 1, 240, 0)).isZero();
    }

    @Test
    void messageComesFromMemoryOnly() {
        connections.addMessageHandler(ID, this::take);

        assertThat(calls.invoke(POST | FAST, ID, 1, null)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(calls.invoke(POST | 1L << 32, BLOCK, 0, null)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(calls.invoke(POST | 1L << 17, BLOCK, 0, null)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        for (long gpa : new long[] {BLOCK + 4, BLOCK + 0xF08, 1 << 20, -8}) {
            assertThat(calls.invoke(POST, gpa, 0, null)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
        }
    }

    // ---- HvCallSignalEvent
    // --------------------------------------------------------------------------------------------------

    @Test
    void signalReachesTheEventfdOfItsConnection() {
        EventFd eventFd = new EventFd();
        connections.assignEventFd(ID, eventFd);

        assertThat(signal(ID)).isZero();
        assertThat(signal(ID)).isZero();
        vps.memory.putLong(BLOCK, ID);
        assertThat(calls.invoke(SIGNAL, BLOCK, 0, null)).as("slow").isZero();

        assertThat(eventFd.read()).isEqualTo(3);
    }

    /** KVM lost the address of a slow call's block on the way to the VMM; here the answer is the same as for a fast one. */
    @Test
    void slowSignalOfAnUnknownConnectionIsInvalidToo() {
        vps.memory.putLong(BLOCK, ID);

        assertThat(calls.invoke(SIGNAL, BLOCK, 0, null)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(signal(ID)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(signal(0xFF00_0000L | 5)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
    }

    @Test
    void eventfdHasFlagZeroOnly() {
        EventFd eventFd = new EventFd();
        connections.assignEventFd(ID, eventFd);

        assertThat(signal(1L << 32 | ID)).isEqualTo(HV_STATUS_INVALID_PARAMETER);

        assertThat(eventFd.peek()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {48, 55, 63})
    void reservedBitsOfASignalAreParameters(int bit) {
        connections.assignEventFd(ID, new EventFd());

        assertThat(signal(1L << bit | ID)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
    }

    @Test
    void signalledConnectionThatWasTakenAwayIsInvalid() {
        connections.assignEventFd(ID, new EventFd());
        connections.deassignEventFd(ID);

        assertThat(signal(ID)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
    }

    @Test
    void signalTakesNeitherRepsNorAVariableHeader() {
        assertThat(calls.invoke(SIGNAL | FAST | 1L << 32, ID, 0, null)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(calls.invoke(SIGNAL | FAST | 1L << 17, ID, 0, null)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        assertThat(calls.invoke(SIGNAL, BLOCK + 0xFFC, 0, null)).isEqualTo(HV_STATUS_INVALID_ALIGNMENT);
    }

    // ---- message ports
    // ------------------------------------------------------------------------------------------------------

    private MessagePort messagePort(int vpIndex) {
        MessagePort port = new MessagePort(queues, pages, vpIndex, SINT);
        connections.addMessageHandler(ID, port);
        return port;
    }

    @Test
    void portPutsTheMessageIntoItsSlot() {
        run();
        messagePort(VP);

        assertThat(post(ID, 0x12345678, 8, 0xABCD)).isZero();

        assertThat(vps.take(VP)).isEqualTo(VECTOR);
        assertThat(vps.memory.getInt(SLOT)).isEqualTo(0x12345678);
        assertThat(vps.memory.getLong(SLOT + 8))
                .as("the connection is the sender")
                .isEqualTo(ID);
        assertThat(vps.memory.getLong(SLOT + 16)).isEqualTo(0xABCD);
    }

    /** A port has sixteen buffers; the message in the slot needs none. */
    @Test
    void portRunsOutOfBuffers() {
        run();
        MessagePort port = messagePort(VP);
        for (int n = 0; n < 17; n++) {
            assertThat(post(ID, n + 1, 8, 0)).isZero();
        }

        assertThat(post(ID, 99, 8, 0)).isEqualTo(HV_STATUS_INSUFFICIENT_BUFFERS);
        assertThat(port.queue().size()).isEqualTo(16);
        for (int n = 0; n < 17; n++) {
            assertThat(vps.memory.getInt(SLOT)).isEqualTo(n + 1);
            vps.memory.putInt(SLOT, 0);
            vps.synIc(VP).write(HvMsr.HV_X64_MSR_EOM, 0);
        }
        assertThat(port.queue().size()).isZero();
    }

    @Test
    void portWithoutPageOrSynicTakesNothing() {
        messagePort(VP);
        assertThat(post(ID, 1, 8, 0)).isEqualTo(HV_STATUS_INVALID_SYNIC_STATE);
        run();
        assertThat(post(ID, 1, 8, 0)).isZero();
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_SCONTROL, 0);
        assertThat(post(ID, 1, 8, 0)).isEqualTo(HV_STATUS_INVALID_SYNIC_STATE);
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_SIMP, VirtualProcessors.simpPage(VP));
        assertThat(post(ID, 1, 8, 0)).isEqualTo(HV_STATUS_INVALID_SYNIC_STATE);
    }

    @Test
    void portOfAProcessorThatDoesNotExist() {
        messagePort(2);

        assertThat(post(ID, 1, 8, 0)).isEqualTo(HV_STATUS_INVALID_VP_INDEX);
    }

    @Test
    void lastPortGivesTheLineBack() {
        MessagePort port = messagePort(VP);
        MessagePort other = new MessagePort(queues, pages, VP, SINT);
        assertThat(other.queue()).isSameAs(port.queue());

        port.close();
        port.close();
        assertThat(lines.size()).as("the other port has it").isEqualTo(1);
        other.close();

        assertThat(lines.size()).isZero();
        new MessagePort(queues, pages, VP, SINT).close();
        assertThat(lines.size()).isZero();
    }

    /** Two queues would not know of each other's messages. */
    @Test
    void sintHasOneQueue() {
        MessagePort port = messagePort(VP);
        ThrowingCallable open = () ->
                new SintMessageQueue(lines, vps.turns, pages, VP, SINT, 1, SintMessageQueue.WhenDisabled.HOLD).close();
        refused(Errno.EEXIST, open);
        assertThat(lines.size()).isEqualTo(1);

        port.close();

        assertThatCode(open).doesNotThrowAnyException();
    }

    // ---- several producers of one SINT
    // ---------------------------------------------------------------------------------------

    /** Empties the slot as Linux does, with EOM only where the flag asks for it; returns the messages' types in order. */
    private List<Integer> takeAll(int most) {
        List<Integer> taken = new ArrayList<>();
        for (int n = 0; n < most && vps.memory.getInt(SLOT) != 0; n++) {
            taken.add(vps.memory.getInt(SLOT));
            boolean more = (vps.memory.getByte(SLOT + 5) & 1) != 0;
            vps.memory.putInt(SLOT, 0);
            if (more) {
                vps.synIc(VP).write(HvMsr.HV_X64_MSR_EOM, 0);
            }
        }
        return taken;
    }

    /** TLFS, "Message Buffer Queues": messages are delivered in the order in which they were queued, whoever sent them. */
    @Test
    void messagesOfSeveralPortsArriveInTheOrderInWhichTheyWerePosted() {
        run();
        for (int port = 0; port < 3; port++) {
            connections.addMessageHandler(ID + port, new MessagePort(queues, pages, VP, SINT));
        }
        List<Integer> expected = new ArrayList<>();
        for (int n = 1; n <= 12; n++) {
            assertThat(post(ID + n * 5 % 3, n, 8, 0)).isZero();
            expected.add(n);
        }

        assertThat(takeAll(20)).isEqualTo(expected);
    }

    /** Each port has sixteen buffers, and a full one does not keep the others from posting. */
    @Test
    void buffersOfAPortAreItsOwn() {
        run();
        connections.addMessageHandler(ID, new MessagePort(queues, pages, VP, SINT));
        connections.addMessageHandler(ID + 1, new MessagePort(queues, pages, VP, SINT));
        for (int n = 0; n < 17; n++) {
            assertThat(post(ID, 1, 8, 0)).isZero();
        }
        assertThat(post(ID, 1, 8, 0)).isEqualTo(HV_STATUS_INSUFFICIENT_BUFFERS);

        for (int n = 0; n < 16; n++) {
            assertThat(post(ID + 1, 2, 8, 0)).isZero();
        }
        assertThat(post(ID + 1, 2, 8, 0)).isEqualTo(HV_STATUS_INSUFFICIENT_BUFFERS);

        assertThat(takeAll(40)).hasSize(33);
    }

    /** O b884b7878, 7f9f66ad0: a guest that is slow to empty its slot, or late with EOM and EOI, loses nothing and hears of all. */
    @Test
    void slowConsumerLosesNeitherMessagesNorInterrupts() {
        run();
        connections.addMessageHandler(ID, new MessagePort(queues, pages, VP, SINT));
        List<Integer> taken = new ArrayList<>();
        for (int n = 1; n <= 15; n++) {
            assertThat(post(ID, n, 8, 0)).isZero();
            if (n % 5 == 0) {
                assertThat(vps.take(VP)).as("an interrupt for those that stand").isEqualTo(VECTOR);
                vps.apic(VP).eoi();
                taken.addAll(takeAll(2));
            }
        }
        while (vps.take(VP) == VECTOR) {
            vps.apic(VP).eoi();
            taken.addAll(takeAll(1));
        }

        assertThat(taken).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }

    // ---- event ports
    // --------------------------------------------------------------------------------------------------------

    private void eventPort(int vpIndex, int baseFlag, int flagCount) {
        EventPort port = new EventPort(lines.open(vpIndex, SINT, () -> {}), vps.memory, pages, baseFlag, flagCount);
        connections.addEventHandler(ID, port);
    }

    private long signalFlag(int flag) {
        return signal((long) flag << 32 | ID);
    }

    @Test
    void portSetsTheFlagBehindItsBaseAndRaisesOnce() {
        run();
        eventPort(VP, 100, 4);

        assertThat(signalFlag(3)).isZero();
        assertThat(vps.take(VP)).isEqualTo(VECTOR);
        vps.apic(VP).eoi();
        assertThat(vps.memory.getByte(FLAGS + 103 / 8)).isEqualTo((byte) (1 << 103 % 8));
        assertThat(signalFlag(3)).as("already set is success").isZero();

        assertThat(vps.take(VP)).isEqualTo(-1);
    }

    @Test
    void flagBeyondThePortIsAParameter() {
        run();
        eventPort(VP, 100, 4);

        assertThat(signalFlag(4)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(signalFlag(0xFFFF)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
    }

    @Test
    void eventPortWithoutPageOrProcessor() {
        eventPort(VP, 0, 2048);
        assertThat(signalFlag(2047)).isEqualTo(HV_STATUS_INVALID_SYNIC_STATE);
        connections.removeEventHandler(ID);
        eventPort(2, 0, 1);

        assertThat(signalFlag(0)).isEqualTo(HV_STATUS_INVALID_VP_INDEX);
    }

    @Test
    void portHasFlagsOfItsSint() {
        SintLine line = lines.open(0, 3, () -> {});
        for (int[] range : new int[][] {{-1, 1}, {0, 0}, {2048, 1}, {1, 2048}, {0, Integer.MAX_VALUE}}) {
            assertThatThrownBy(() -> new EventPort(line, vps.memory, pages, range[0], range[1]))
                    .hasMessageContaining("flags");
        }
    }

    // ---- one slot, two producers
    // --------------------------------------------------------------------------------------------

    @Test
    void queueOfTheVmmAndTimersShareASlotInTurns() {
        run();
        ManualReferenceClock clock = new ManualReferenceClock();
        SyntheticTimers timers = new SyntheticTimers(vps.synIc(VP), clock);
        messagePort(VP);
        post(ID, 1, 8, 0);
        post(ID, 2, 8, 0);
        timers.write(HvMsr.HV_X64_MSR_STIMER0_COUNT, 1);
        clock.now = 2;
        timers.write(HvMsr.HV_X64_MSR_STIMER0_CONFIG, 1 | (long) SINT << 16);
        post(ID, 3, 8, 0);

        List<Integer> taken = new ArrayList<>();
        for (int n = 0; n < 6; n++) {
            taken.add(vps.memory.getInt(SLOT));
            boolean more = (vps.memory.getByte(SLOT + 5) & 1) != 0;
            vps.memory.putInt(SLOT, 0);
            if (more) {
                vps.synIc(VP).write(HvMsr.HV_X64_MSR_EOM, 0);
            }
        }

        assertThat(taken).containsExactly(1, 2, 0x8000_0010, 3, 0, 0);
    }
}
