// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvStatus.HV_STATUS_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;

/** A guest with two processors that makes ports of its own, and its calls. */
abstract class PortRig {
    static final long BLOCK = 0x4000;
    static final long OUTPUT = 0x5000;
    static final long SELF = -1;
    static final int PORT = 0x12_3456;
    static final int CONNECTION = 0x65_4321;
    static final int VP = 1;
    static final int SINT = 5;
    static final int VECTOR = 0x65;
    static final int MESSAGE = 1;
    static final int EVENT = 2;
    static final int ANY_VP = -1;
    static final long SLOT = VirtualProcessors.simpPage(VP) + SINT * 256;
    static final long FLAGS = VirtualProcessors.siefpPage(VP) + SINT * 256;

    final SynIcSet set = new SynIcSet(2);
    final ConnectionTable connections = new ConnectionTable();
    final GuestPorts ports = new GuestPorts(set, connections);
    final VirtualProcessors vps = new VirtualProcessors(2, set, Transit.IMMEDIATE, ports);
    HvHypercalls calls = calls(ports, PartitionPrivileges.UNRESTRICTED);

    HvHypercalls calls(GuestPorts guestPorts, PartitionPrivileges privileges) {
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

    void run() {
        vps.running(SynIc.Activation.SYNIC);
        for (int vpIndex = 0; vpIndex < 2; vpIndex++) {
            vps.synIc(vpIndex).write(HvMsr.HV_X64_MSR_SINT0 + SINT, VECTOR);
        }
    }

    int call(int code, long... words) {
        for (int i = 0; i < words.length; i++) {
            vps.memory.putLong(BLOCK + i * 8L, words[i]);
        }
        return (int) calls.invoke(code, BLOCK, OUTPUT, null);
    }

    int create(int id, int type, int vpIndex, int sint, long flags) {
        long sintAndVp = sint | (long) vpIndex << 32;
        return call(HypercallCode.HvCallCreatePort, SELF, id, SELF, type, sintAndVp, flags, 0);
    }

    int createMessagePort(int id) {
        return create(id, MESSAGE, VP, SINT, 0);
    }

    int createEventPort(int id, int base, int count) {
        return create(id, EVENT, VP, SINT, base | (long) count << 16);
    }

    int delete(int id) {
        return (int) calls.invoke(HypercallCode.HvCallDeletePort | HypercallInput.FAST, SELF, id, null);
    }

    int connect(int id, int port, int type) {
        return call(HypercallCode.HvCallConnectPort, SELF, id, SELF, port, type, 0, 0, 0, 0);
    }

    int disconnect(int id) {
        return (int) calls.invoke(HypercallCode.HvCallDisconnectPort | HypercallInput.FAST, SELF, id, null);
    }

    int property(int id, int code) {
        return call(HypercallCode.HvCallGetPortProperty, SELF, id, code);
    }

    int post(long payload) {
        return call(HypercallCode.HvCallPostMessage, CONNECTION, 7 | 8L << 32, payload);
    }

    int signal(int flag) {
        return (int) calls.invoke(
                HypercallCode.HvCallSignalEvent | HypercallInput.FAST, CONNECTION | (long) flag << 32, 0, null);
    }

    void connectMessagePort() {
        run();
        assertThat(createMessagePort(PORT)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(connect(CONNECTION, PORT, MESSAGE)).isEqualTo(HV_STATUS_SUCCESS);
    }

    void connectEventPort() {
        run();
        assertThat(createEventPort(PORT, 100, 10)).isEqualTo(HV_STATUS_SUCCESS);
        assertThat(connect(CONNECTION, PORT, EVENT)).isEqualTo(HV_STATUS_SUCCESS);
    }

    /** The guest reads its message, and hands the slot back. */
    long readMessage() {
        assertThat(vps.take(VP)).isEqualTo(VECTOR);
        long payload = vps.memory.getLong(SLOT + 16);
        vps.memory.putInt(SLOT, 0);
        vps.synIc(VP).write(HvMsr.HV_X64_MSR_EOM, 0);
        vps.apic(VP).eoi();
        return payload;
    }
}
