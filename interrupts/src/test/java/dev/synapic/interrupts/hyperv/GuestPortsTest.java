// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INSUFFICIENT_BUFFERS;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PARAMETER;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PORT_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_SYNIC_STATE;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvPort;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** TLFS, "Ports and Connections": what happens through ports that the guest has made, and to them. */
class GuestPortsTest extends PortRig {
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

    // ---- reset, save, restore

    @Test
    void systemResetForgetsWhatTheGuestMadeAndKeepsWhatIsTheVmms() {
        connectMessagePort();
        connections.addMessageHandler(1, message -> HV_STATUS_SUCCESS);
        post(1);
        post(2);

        ports.reset();

        assertThat(ports.save())
                .isEqualTo(new GuestPorts.State(GuestPorts.State.CURRENT_VERSION, List.of(), List.of(), List.of()));
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
        broken.add(state(List.of(new GuestPorts.State.Port(1, MESSAGE, SINT, 2, 0, 0, 0)), List.of(), List.of()));
        broken.add(state(List.of(port), List.of(new GuestPorts.State.Connection(1, EVENT, PORT)), List.of()));
        broken.add(state(List.of(port), List.of(new GuestPorts.State.Connection(-1, MESSAGE, PORT)), List.of()));
        broken.add(state(List.of(), List.of(new GuestPorts.State.Connection(1, MESSAGE, PORT)), List.of()));
        broken.add(state(List.of(port), List.of(), List.of(new GuestPorts.State.Message(PORT, 0, message))));
        broken.add(state(List.of(), List.of(), List.of(new GuestPorts.State.Message(PORT, VP, message))));
        broken.add(state(
                List.of(port), List.of(), Collections.nCopies(17, new GuestPorts.State.Message(PORT, VP, message))));
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
