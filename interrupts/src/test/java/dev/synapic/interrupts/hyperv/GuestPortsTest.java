// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_ACCESS_DENIED;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INSUFFICIENT_BUFFERS;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INSUFFICIENT_MEMORY;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_CODE;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PARAMETER;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PARTITION_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PORT_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_VP_INDEX;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_SUCCESS;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_UNKNOWN_PROPERTY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.hyperv.HvCpuid;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvPort;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, "Ports and Connections", HvCallCreatePort and its kin; layouts and codes as Linux, hv_input_create_port. */
class GuestPortsTest {
    private static final long BLOCK = 0x4000;
    private static final long OUTPUT = 0x5000;
    private static final long SELF = -1;
    private static final int PORT = 0x12_3456;
    private static final int CONNECTION = 0x65_4321;
    private static final int VP = 1;
    private static final int SINT = 5;
    private static final int VECTOR = 0x65;
    private static final int MESSAGE = 1;
    private static final int EVENT = 2;
    private static final int ANY_VP = -1;
    private static final long SLOT = VirtualProcessors.simpPage(VP) + SINT * 256;
    private static final long FLAGS = VirtualProcessors.siefpPage(VP) + SINT * 256;

    private final SynIcSet set = new SynIcSet(2);
    private final ConnectionTable connections = new ConnectionTable();
    private final GuestPorts ports = new GuestPorts(set, connections);
    private final VirtualProcessors vps = new VirtualProcessors(2, set, Transit.IMMEDIATE, ports);
    private HvHypercalls calls = calls(ports, PartitionPrivileges.UNRESTRICTED);

    private HvHypercalls calls(GuestPorts guestPorts, PartitionPrivileges privileges) {
        return new HvHypercalls(
                set,
                vps.bus,
                vps.memory,
                connections,
                guestPorts,
                TlbFlushPort.NONE,
                privileges,
                HvHypercallListener.NONE);
    }

    private void run() {
        vps.running(SynIc.Activation.SYNIC);
        for (int vpIndex = 0; vpIndex < 2; vpIndex++) {
            vps.synIc(vpIndex).write(HvMsr.HV_X64_MSR_SINT0 + SINT, VECTOR);
        }
    }

    private int call(int code, long... words) {
        for (int i = 0; i < words.length; i++) {
            vps.memory.putLong(BLOCK + i * 8L, words[i]);
        }
        return (int) calls.invoke(code, BLOCK, OUTPUT, null);
    }

    private int create(int id, int type, int vpIndex, int sint, long flags) {
        long sintAndVp = sint | (long) vpIndex << 32;
        return call(HypercallCode.HvCallCreatePort, SELF, id, SELF, type, sintAndVp, flags, 0);
    }

    private int createMessagePort(int id) {
        return create(id, MESSAGE, VP, SINT, 0);
    }

    private int createEventPort(int id, int base, int count) {
        return create(id, EVENT, VP, SINT, base | (long) count << 16);
    }

    private int delete(int id) {
        return (int) calls.invoke(HypercallCode.HvCallDeletePort | HypercallInput.FAST, SELF, id, null);
    }

    private int connect(int id, int port, int type) {
        return call(HypercallCode.HvCallConnectPort, SELF, id, SELF, port, type, 0, 0, 0, 0);
    }

    private int disconnect(int id) {
        return (int) calls.invoke(HypercallCode.HvCallDisconnectPort | HypercallInput.FAST, SELF, id, null);
    }

    private int property(int id, int code) {
        return call(HypercallCode.HvCallGetPortProperty, SELF, id, code);
    }

    private int post(long payload) {
        return call(HypercallCode.HvCallPostMessage, CONNECTION, 7 | 8L << 32, payload);
    }

    private int signal(int flag) {
        return (int) calls.invoke(
                HypercallCode.HvCallSignalEvent | HypercallInput.FAST, CONNECTION | (long) flag << 32, 0, null);
    }

    private void connectMessagePort() {
        run();
        assertThat(createMessagePort(PORT)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(connect(CONNECTION, PORT, MESSAGE)).isEqualTo(HV_STATUS_SUCCESS);
    }

    private void connectEventPort() {
        run();
        assertThat(createEventPort(PORT, 100, 10)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(connect(CONNECTION, PORT, EVENT)).isEqualTo(HV_STATUS_SUCCESS);
    }

    /** The guest reads its message, and hands the slot back. */
    private long readMessage() {
        assertThat(vps.take(VP)).isEqualTo(VECTOR);
        long payload = vps.memory.getLong(SLOT + 16);
        vps.memory.putInt(SLOT, 0);
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_EOM, 0);
        vps.apic(VP).eoi();
        return payload;
    }

    // ---- delivery

    /** TLFS, HV_MESSAGE: the sender of a guest's message is a port. */
    @Test
    void messageThroughAnOwnPortReachesItsSintWithThePortAsSender() {
        connectMessagePort();

        assertThat(post(0x1122_3344)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(vps.memory.getInt(SLOT)).isEqualTo(7);
        assertThat(vps.memory.getByte(SLOT + 4)).isEqualTo((byte) 8);
        assertThat(vps.memory.getLong(SLOT + 8)).isEqualTo(PORT);
        assertThat(vps.memory.getLong(SLOT + 16)).isEqualTo(0x1122_3344);
        assertThat(vps.apic(VP).pendingVector()).isEqualTo(VECTOR);
        assertThat(vps.apic(0).pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
    }

    @Test
    void eventThroughAnOwnPortSetsTheFlagBehindItsBase() {
        connectEventPort();

        assertThat(signal(9)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(vps.memory.getByte(FLAGS + 109 / 8)).isEqualTo((byte) (1 << 109 % 8));
        assertThat(vps.take(VP)).isEqualTo(VECTOR);
        assertThat(signal(9)).as("set already").isEqualTo(HV_STATUS_SUCCESS);
        assertThat(vps.apic(VP).pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(signal(10)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
    }

    /** TLFS, "Event Flag Delivery". */
    @Test
    void eventToAMaskedSintIsRefused() {
        connectEventPort();
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_SINT0 + SINT, HvSint.MASKED | VECTOR);

        assertThat(signal(0)).isEqualTo(HV_STATUS_INVALID_SYNIC_STATE);
        assertThat(vps.memory.getLong(FLAGS + 8)).isZero();
    }

    /** TLFS, "Guest Message Buffers": sixteen; "Messages": they wait for EOM, in order. */
    @Test
    void sixteenMessagesWaitBehindTheOneInTheSlotAndArriveInOrder() {
        connectMessagePort();
        for (int i = 0; i < 17; i++) {
            assertThat(post(i)).as("message %d", i).isEqualTo(HV_STATUS_SUCCESS);
        }
        assertThat(post(17)).isEqualTo(HV_STATUS_INSUFFICIENT_BUFFERS);

        for (int i = 0; i < 17; i++) {
            assertThat(readMessage()).isEqualTo(i);
        }
        assertThat(vps.memory.getInt(SLOT)).isZero();
        assertThat(post(18)).isEqualTo(HV_STATUS_SUCCESS);
    }

    /** TLFS, "Message Buffer Queues": one for each SINT, whichever port. */
    @Test
    void portsOfOneSintShareItsOrderButNotTheirBuffers() {
        connectMessagePort();
        assertThat(createMessagePort(PORT + 1)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(connect(CONNECTION + 1, PORT + 1, MESSAGE)).isEqualTo(HV_STATUS_SUCCESS);
        for (int i = 0; i < 17; i++) {
            post(i);
        }

        int status = call(HypercallCode.HvCallPostMessage, CONNECTION + 1, 7 | 8L << 32, 99);

        assertThat(status).isEqualTo(HV_STATUS_SUCCESS);
        for (int i = 0; i < 17; i++) {
            assertThat(readMessage()).isEqualTo(i);
        }
        assertThat(vps.memory.getLong(SLOT + 8)).isEqualTo(PORT + 1);
        assertThat(readMessage()).isEqualTo(99);
    }

    @Test
    void messageThatWaitsArrivesAfterAnEoiToo() {
        connectMessagePort();
        post(1);
        post(2);
        vps.take(VP);
        vps.memory.putInt(SLOT, 0);

        vps.apic(VP).eoi();

        assertThat(vps.memory.getLong(SLOT + 16)).isEqualTo(2);
    }

    /** TLFS, "Messages": a processor whose SynIC or SIM page is disabled is no target. */
    @Test
    void portOfADisabledProcessorTakesNothing() {
        connectMessagePort();
        for (int msr : new int[] {HvMsr.HV_X64_MSR_SCONTROL, HvMsr.HV_X64_MSR_SIMP}) {
            long before = vps.synIc(VP).read(msr);
            vps.synIc(VP).write(msr, 0);
            assertThat(post(1)).isEqualTo(HV_STATUS_INVALID_SYNIC_STATE);
            vps.synIc(VP).write(msr, before);
        }
        assertThat(post(1)).isEqualTo(HV_STATUS_SUCCESS);
    }

    /** TLFS, "Messages": what is queued stays queued while the page is disabled. */
    @Test
    void messageThatWaitsArrivesWhenThePageIsEnabledAgain() {
        connectMessagePort();
        post(1);
        post(2);
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_SIMP, 0);
        vps.memory.putInt(SLOT, 0);

        vps.synIc(VP).write(HvMsr.HV_X64_MSR_SIMP, VirtualProcessors.simpPage(VP) | 1);

        assertThat(vps.memory.getLong(SLOT + 16)).isEqualTo(2);
    }

    /** TLFS, "Messages", "Event Flag Delivery": the target is chosen among those that are enabled. */
    @Test
    void portForAnyProcessorTakesTheFirstThatIsEnabled() {
        run();
        create(1, MESSAGE, ANY_VP, SINT, 0);
        create(2, EVENT, ANY_VP, SINT, 1L << 16);
        connect(CONNECTION, 1, MESSAGE);
        connect(CONNECTION + 1, 2, EVENT);
        post(1);
        assertThat(vps.apic(0).pendingVector()).isEqualTo(VECTOR);
        assertThat(vps.apic(VP).pendingVector()).isEqualTo(LocalApic.NO_VECTOR);

        vps.synIc(0).write(HvMsr.HV_X64_MSR_SCONTROL, 0);
        assertThat(post(2)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(vps.memory.getLong(SLOT + 16)).isEqualTo(2);
        long event = calls.invoke(HypercallCode.HvCallSignalEvent | HypercallInput.FAST, CONNECTION + 1, 0, null);
        assertThat(event).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(vps.memory.getByte(FLAGS)).isEqualTo((byte) 1);

        vps.synIc(VP).write(HvMsr.HV_X64_MSR_SCONTROL, 0);
        assertThat(post(3)).isEqualTo(HV_STATUS_INVALID_SYNIC_STATE);
        event = calls.invoke(HypercallCode.HvCallSignalEvent | HypercallInput.FAST, CONNECTION + 1, 0, null);
        assertThat(event).isEqualTo(HV_STATUS_INVALID_SYNIC_STATE);
    }

    /** A timer of the processor may wait for the same slot (SlotTurns). */
    @Test
    void messageOfAPortWaitsBehindWhoWaitedFirst() {
        connectMessagePort();
        post(1);
        SynIcMessage timer = new SynIcMessage(9, 0, new byte[0]);
        assertThat(vps.synIc(VP).postMessage(SINT, timer, 0)).isEqualTo(MessageSlot.Post.BUSY);
        assertThat(post(2)).isEqualTo(HV_STATUS_SUCCESS);

        vps.memory.putInt(SLOT, 0);
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_EOM, 0);

        assertThat(vps.memory.getInt(SLOT)).as("it is the timer's turn").isZero();
        vps.synIc(VP).postMessage(SINT, timer, 0);
        vps.memory.putInt(SLOT, 0);
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_EOM, 0);
        assertThat(vps.memory.getLong(SLOT + 16)).isEqualTo(2);
    }

    // ---- HvCallCreatePort

    /** TLFS, HV_PORT_ID: 24 bits, unique within the partition. */
    @Test
    void portIdHas24BitsAndStandsForOnePort() {
        run();
        assertThat(createMessagePort(1 << 24)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        assertThat(createMessagePort(0xFF_FFFF)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(createMessagePort(0xFF_FFFF)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        assertThat(createEventPort(0xFF_FFFF, 0, 1)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
    }

    /** HV_PORT_INFO: 1 to 15, SINT 0 is the hypervisor's. */
    @Test
    void sintOfAPortIs1To15() {
        for (int sint : new int[] {0, 16, -1, Integer.MIN_VALUE}) {
            assertThat(create(PORT, MESSAGE, VP, sint, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        }
        assertThat(create(1, MESSAGE, VP, 1, 0)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(create(15, MESSAGE, VP, 15, 0)).isEqualTo(HV_STATUS_SUCCESS);
    }

    @Test
    void processorOfAPortMustExist() {
        for (int vpIndex : new int[] {2, -2, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
            assertThat(create(PORT, MESSAGE, vpIndex, SINT, 0)).isEqualTo(HV_STATUS_INVALID_VP_INDEX);
        }
    }

    /** TLFS, "SynIC Event Flags": 2048 for each SINT. */
    @Test
    void flagsOfAnEventPortAreAmongThe2048OfItsSint() {
        assertThat(createEventPort(PORT, 0, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(createEventPort(PORT, 1, 2048)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(createEventPort(PORT, 2048, 1)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(createEventPort(PORT, 0xFFFF, 0xFFFF)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(createEventPort(1, 2047, 1)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(createEventPort(2, 0, 2048)).isEqualTo(HV_STATUS_SUCCESS);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, HvPort.TYPE_MONITOR, HvPort.TYPE_DOORBELL, 5, -1})
    void portIsForMessagesOrEvents(int type) {
        assertThat(create(PORT, type, VP, SINT, 0)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
    }

    @Test
    void partitionIsTheGuestsOwn() {
        int code = HypercallCode.HvCallCreatePort;
        long target = SINT | (long) VP << 32;
        assertThat(call(code, 1, PORT, SELF, MESSAGE, target, 0, 0)).isEqualTo(HV_STATUS_INVALID_PARTITION_ID);
        assertThat(call(code, SELF, PORT, 0, MESSAGE, target, 0, 0)).isEqualTo(HV_STATUS_INVALID_PARTITION_ID);
        assertThat(calls.invoke(HypercallCode.HvCallDeletePort | HypercallInput.FAST, 1, PORT, null))
                .isEqualTo(HV_STATUS_INVALID_PARTITION_ID);
        assertThat(calls.invoke(HypercallCode.HvCallDisconnectPort | HypercallInput.FAST, 1, PORT, null))
                .isEqualTo(HV_STATUS_INVALID_PARTITION_ID);
        assertThat(call(HypercallCode.HvCallGetPortProperty, 1, PORT, 0)).isEqualTo(HV_STATUS_INVALID_PARTITION_ID);
        assertThat(call(HypercallCode.HvCallConnectPort, SELF, 1, 1, PORT, MESSAGE, 0, 0, 0, 0))
                .isEqualTo(HV_STATUS_INVALID_PARTITION_ID);
        assertThat(call(HypercallCode.HvCallConnectPort, 1, 1, SELF, PORT, MESSAGE, 0, 0, 0, 0))
                .isEqualTo(HV_STATUS_INVALID_PARTITION_ID);
    }

    /** VTL 0 is the only one; RsvdZ is RsvdZ; padding is ignored (TLFS, "Hypercall Interface"). */
    @Test
    void reservedBitsAndVtlsOfAllPortCallsAreParameters() {
        long[] create = {SELF, PORT, SELF, MESSAGE, SINT | (long) VP << 32, 0, 0};
        long[][] createBits = {{1, 1L << 32}, {1, 1L << 40}, {1, 1L << 63}, {5, 1}, {5, 1L << 63}, {6, 1L << 33}, {
            6, 1L << 62
        }};
        for (long[] bit : createBits) {
            assertThat(call(HypercallCode.HvCallCreatePort, with(create, bit)))
                    .as("word %d, 0x%x", bit[0], bit[1])
                    .isEqualTo(HV_STATUS_INVALID_PARAMETER);
        }
        assertThat(call(HypercallCode.HvCallCreatePort, with(create, new long[] {3, 1L << 40})))
                .as("padding")
                .isEqualTo(HV_STATUS_SUCCESS);
        long[] connect = {SELF, CONNECTION, SELF, PORT, MESSAGE, 0, 0, 0, 0};
        long[][] connectBits = {{1, 1L << 32}, {1, 1L << 40}, {1, 1L << 48}, {3, 1L << 32}, {5, 1}, {6, 1}, {7, 1}, {
            8, 1L << 40
        }};
        for (long[] bit : connectBits) {
            assertThat(call(HypercallCode.HvCallConnectPort, with(connect, bit)))
                    .as("word %d, 0x%x", bit[0], bit[1])
                    .isEqualTo(HV_STATUS_INVALID_PARAMETER);
        }
        for (int code : new int[] {HypercallCode.HvCallDeletePort, HypercallCode.HvCallDisconnectPort}) {
            assertThat(calls.invoke(code | HypercallInput.FAST, SELF, PORT | 1L << 32, null))
                    .isEqualTo(HV_STATUS_INVALID_PARAMETER);
        }
    }

    private static long[] with(long[] words, long[] change) {
        long[] changed = words.clone();
        changed[(int) change[0]] |= change[1];
        return changed;
    }

    @Test
    void portsAndConnectionsAreBounded() {
        for (int i = 0; i < GuestPorts.MOST_PORTS; i++) {
            assertThat(createMessagePort(i)).isEqualTo(HV_STATUS_SUCCESS);
        }
        assertThat(createMessagePort(0x10_0000)).isEqualTo(HV_STATUS_INSUFFICIENT_MEMORY);
        for (int i = 0; i < GuestPorts.MOST_CONNECTIONS; i++) {
            assertThat(connect(i, 0, MESSAGE)).isEqualTo(HV_STATUS_SUCCESS);
        }
        assertThat(connect(0x10_0000, 0, MESSAGE)).isEqualTo(HV_STATUS_INSUFFICIENT_MEMORY);
        assertThat(delete(5)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(disconnect(5)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(createMessagePort(0x10_0000)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(connect(0x10_0000, 0, MESSAGE)).isEqualTo(HV_STATUS_SUCCESS);
    }

    // ---- deleting and connecting

    /** TLFS, HvDeletePort: queued messages are lost; "Ports and Connections": the connection becomes useless. */
    @Test
    void deletedPortLosesItsMessagesAndLeavesItsConnectionUseless() {
        connectMessagePort();
        post(1);
        post(2);

        assertThat(delete(PORT)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(readMessage()).as("it stood in the slot").isEqualTo(1);
        assertThat(vps.memory.getInt(SLOT)).isZero();
        assertThat(vps.turns.save(VP).get(SINT)).as("waits for the slot").isZero();
        assertThat(post(3)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        assertThat(delete(PORT)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        createMessagePort(PORT);
        assertThat(post(3)).as("a new port by that id").isEqualTo(HV_STATUS_INVALID_PORT_ID);
        assertThat(connect(CONNECTION, PORT, MESSAGE)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
    }

    @Test
    void signalThroughAUselessConnectionIsRefused() {
        connectEventPort();
        delete(PORT);

        assertThat(signal(0)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
    }

    /** TLFS, "Reliability and Sequencing of Guest Message Buffers". */
    @Test
    void brokenConnectionDoesNotAffectQueuedMessages() {
        connectMessagePort();
        post(1);
        post(2);

        assertThat(disconnect(CONNECTION)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(post(3)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(readMessage()).isEqualTo(1);
        assertThat(readMessage()).isEqualTo(2);
        assertThat(disconnect(CONNECTION)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
    }

    @Test
    void connectionNeedsAPortOfItsType() {
        run();
        createMessagePort(PORT);
        assertThat(connect(CONNECTION, PORT + 1, MESSAGE)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        assertThat(connect(CONNECTION, PORT, EVENT)).isEqualTo(HV_STATUS_INVALID_PARAMETER);
        assertThat(connect(1 << 24, PORT, MESSAGE)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(connect(CONNECTION, PORT, MESSAGE)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(connect(CONNECTION, PORT, MESSAGE)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(signal(0)).as("a message port").isEqualTo(HV_STATUS_INVALID_PORT_ID);
    }

    @Test
    void connectionsOfTheVmmAreNotTheGuestsToTakeOrToSever() {
        createMessagePort(PORT);
        connections.addEventHandler(CONNECTION, flag -> HV_STATUS_SUCCESS);

        assertThat(connect(CONNECTION, PORT, MESSAGE)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(disconnect(CONNECTION)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(signal(0)).isEqualTo(HV_STATUS_SUCCESS);
    }

    // ---- HvCallGetPortProperty

    /** HV_PORT_PROPERTY_CODE: messages that have been posted since the port was made. */
    @Test
    void propertyTellsHowManyMessagesWerePosted() {
        connectMessagePort();
        post(1);
        post(2);

        assertThat(property(PORT, HvPort.PROPERTY_POST_COUNT)).isEqualTo(HV_STATUS_SUCCESS);

        assertThat(vps.memory.getLong(OUTPUT)).isEqualTo(2);
        assertThat(property(PORT, 1)).isEqualTo(HV_STATUS_UNKNOWN_PROPERTY);
        assertThat(property(PORT + 1, 0)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        assertThat(call(HypercallCode.HvCallGetPortProperty, SELF, PORT | 1L << 32, 0))
                .isEqualTo(HV_STATUS_INVALID_PORT_ID);
    }

    // ---- who may

    /** TLFS, HV_PARTITION_PRIVILEGE_MASK: CreatePort is bit 6 of EBX, ConnectPort bit 7. */
    @Test
    void makingAndConnectingArePrivilegesOfTheirOwn() {
        calls = calls(ports, new PartitionPrivileges(0, HvCpuid.CONNECT_PORT, 0, 0, 0, true));
        assertThat(createMessagePort(PORT)).isEqualTo(HV_STATUS_ACCESS_DENIED);
        assertThat(delete(PORT)).isEqualTo(HV_STATUS_ACCESS_DENIED);
        assertThat(property(PORT, 0)).isEqualTo(HV_STATUS_ACCESS_DENIED);
        assertThat(connect(CONNECTION, PORT, MESSAGE)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        calls = calls(ports, new PartitionPrivileges(0, HvCpuid.CREATE_PORT, 0, 0, 0, true));
        assertThat(createMessagePort(PORT)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(connect(CONNECTION, PORT, MESSAGE)).isEqualTo(HV_STATUS_ACCESS_DENIED);
        assertThat(disconnect(CONNECTION)).isEqualTo(HV_STATUS_ACCESS_DENIED);
    }

    @Test
    void callsOfPortsAreUnknownWhereTheVmmHasNone() {
        HvHypercalls without = new HvHypercalls(
                set,
                vps.bus,
                vps.memory,
                connections,
                TlbFlushPort.NONE,
                PartitionPrivileges.UNRESTRICTED,
                HvHypercallListener.NONE);
        for (int code : new int[] {0x58, 0x5A, 0x5B, 0x95, 0x96}) {
            assertThat(without.invoke(code, BLOCK, OUTPUT, null)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_CODE);
        }
        for (int old : new int[] {0x57, 0x59}) {
            assertThat(calls.invoke(old, BLOCK, OUTPUT, null)).isEqualTo(HV_STATUS_INVALID_HYPERCALL_CODE);
        }
    }

    /** Only HvDeletePort and HvDisconnectPort are documented as fast calls. */
    @Test
    void longInputsOfPortCallsComeFromMemoryOnly() {
        for (int code : new int[] {0x5A, 0x95, 0x96}) {
            assertThat(calls.invoke(code | HypercallInput.FAST, SELF, PORT, new XmmWords()))
                    .isEqualTo(HV_STATUS_INVALID_HYPERCALL_INPUT);
        }
    }

    // ---- reset, save, restore

    @Test
    void systemResetForgetsWhatTheGuestMadeAndKeepsWhatIsTheVmms() {
        connectMessagePort();
        connections.addMessageHandler(1, message -> HV_STATUS_SUCCESS);
        post(1);
        post(2);

        ports.reset();

        assertThat(ports.save())
                .isEqualTo(new GuestPorts.State(
                        GuestPorts.State.CURRENT_VERSION, List.of(), List.of(), List.of()));
        assertThat(post(3)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        assertThat(connections.has(1)).isTrue();
        assertThat(vps.turns.save(VP).get(SINT)).isZero();
    }

    /** TLFS, "Message Buffer Queues": empty upon reset of the processor. */
    @Test
    void resetOfTheSynicEmptiesItsQueues() {
        connectMessagePort();
        for (int i = 0; i < 17; i++) {
            post(i);
        }

        vps.synIc(VP).reset();

        assertThat(ports.save().messages()).isEmpty();
        run();
        for (int i = 0; i < 17; i++) {
            assertThat(post(100 + i)).isEqualTo(HV_STATUS_SUCCESS);
        }
        assertThat(vps.memory.getLong(SLOT + 16)).isEqualTo(100);
    }

    @Test
    void restoredPortsBehaveAsTheSavedOnes() {
        connectMessagePort();
        createEventPort(7, 30, 2);
        connect(8, 7, EVENT);
        createMessagePort(9);
        connect(10, 9, MESSAGE);
        delete(9);
        for (int i = 0; i < 17; i++) {
            post(i);
        }
        GuestPorts.State saved = ports.save();
        assertThat(saved.messages()).hasSize(16);

        ports.restore(new GuestPorts.State(GuestPorts.State.CURRENT_VERSION, List.of(), List.of(), List.of()));
        assertThat(post(0)).isEqualTo(HV_STATUS_INVALID_CONNECTION_ID);
        ports.restore(saved);

        assertThat(ports.save()).isEqualTo(saved);
        assertThat(post(17)).isEqualTo(HV_STATUS_INSUFFICIENT_BUFFERS);
        for (int i = 0; i < 17; i++) {
            assertThat(readMessage()).isEqualTo(i);
        }
        property(PORT, HvPort.PROPERTY_POST_COUNT);
        assertThat(vps.memory.getLong(OUTPUT)).isEqualTo(17);
        assertThat(call(HypercallCode.HvCallPostMessage, 10, 7, 0)).isEqualTo(HV_STATUS_INVALID_PORT_ID);
        assertThat(calls.invoke(HypercallCode.HvCallSignalEvent | HypercallInput.FAST, 8 | 1L << 32, 0, null))
                .isEqualTo(HV_STATUS_SUCCESS);
        assertThat(vps.memory.getInt(FLAGS)).isEqualTo(1 << 31);
    }

    @Test
    void portsThatNoMachineCanHaveAreNotRestored() {
        connectMessagePort();
        GuestPorts.State.Port port = ports.save().ports().getFirst();
        SynIcMessage message = new SynIcMessage(1, PORT, new byte[0]);
        List<GuestPorts.State> broken = new ArrayList<>();
        broken.add(state(List.of(port, port), List.of(), List.of()));
        broken.add(state(
                List.of(new GuestPorts.State.Port(1, MESSAGE, SINT, 2, 0, 0, 0)), List.of(), List.of()));
        broken.add(state(List.of(port), List.of(new GuestPorts.State.Connection(1, EVENT, PORT)), List.of()));
        broken.add(state(List.of(port), List.of(new GuestPorts.State.Connection(-1, MESSAGE, PORT)), List.of()));
        broken.add(state(List.of(), List.of(new GuestPorts.State.Connection(1, MESSAGE, PORT)), List.of()));
        broken.add(state(List.of(port), List.of(), List.of(new GuestPorts.State.Message(PORT, 0, message))));
        broken.add(state(List.of(), List.of(), List.of(new GuestPorts.State.Message(PORT, VP, message))));
        broken.add(state(
                List.of(port),
                List.of(),
                Collections.nCopies(17, new GuestPorts.State.Message(PORT, VP, message))));
        for (GuestPorts.State state : broken) {
            assertThatThrownBy(() -> ports.restore(state))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("cannot have");
        }
        assertThatThrownBy(() -> new GuestPorts.State.Port(1, 3, SINT, VP, 0, 0, 0))
                .hasMessageContaining("no guest can have");
        assertThatThrownBy(() -> new GuestPorts.State(9, List.of(), List.of(), List.of()))
                .hasMessageContaining("version 9");
    }

    private static GuestPorts.State state(
            List<GuestPorts.State.Port> ports,
            List<GuestPorts.State.Connection> connections,
            List<GuestPorts.State.Message> messages) {
        return new GuestPorts.State(GuestPorts.State.CURRENT_VERSION, ports, connections, messages);
    }
}
