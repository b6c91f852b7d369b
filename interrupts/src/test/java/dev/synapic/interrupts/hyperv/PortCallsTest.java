// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_ACCESS_DENIED;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INSUFFICIENT_MEMORY;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_CODE;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_HYPERCALL_INPUT;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PARAMETER;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PARTITION_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_PORT_ID;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_INVALID_VP_INDEX;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_SUCCESS;
import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_UNKNOWN_PROPERTY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.hyperv.HvCpuid;
import dev.synapic.spec.hyperv.HvPort;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, HvCallCreatePort and its kin; layouts and codes as Linux, hv_input_create_port. */
class PortCallsTest extends PortRig {
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
        long[][] createBits = {
            {1, 1L << 32}, {1, 1L << 40}, {1, 1L << 63}, {5, 1}, {5, 1L << 63}, {6, 1L << 33}, {6, 1L << 62}
        };
        for (long[] bit : createBits) {
            assertThat(call(HypercallCode.HvCallCreatePort, with(create, bit)))
                    .as("word %d, 0x%x", bit[0], bit[1])
                    .isEqualTo(HV_STATUS_INVALID_PARAMETER);
        }
        assertThat(call(HypercallCode.HvCallCreatePort, with(create, new long[] {3, 1L << 40})))
                .as("padding")
                .isEqualTo(HV_STATUS_SUCCESS);
        long[] connect = {SELF, CONNECTION, SELF, PORT, MESSAGE, 0, 0, 0, 0};
        long[][] connectBits = {
            {1, 1L << 32}, {1, 1L << 40}, {1, 1L << 48}, {3, 1L << 32}, {5, 1}, {6, 1}, {7, 1}, {8, 1L << 40}
        };
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
}
