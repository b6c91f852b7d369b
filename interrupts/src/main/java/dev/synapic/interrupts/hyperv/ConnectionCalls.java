// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvConnectionId;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvPostMessageInput;
import dev.synapic.spec.hyperv.HvStatus;

/** HvCallPostMessage and HvCallSignalEvent (TLFS). Any thread. */
final class ConnectionCalls {
    private static final int TYPE_AND_SIZE_OFFSET = 8;

    private final ConnectionTable connections;

    ConnectionCalls(ConnectionTable connections) {
        this.connections = connections;
    }

    int postMessage(HypercallBlock block) {
        long idAndReserved = block.qword(0);
        long typeAndSize = block.qword(TYPE_AND_SIZE_OFFSET);
        int connectionId = (int) idAndReserved;
        int type = (int) typeAndSize;
        int size = (int) (typeAndSize >>> 32);
        boolean guestType = type != HvMessage.TYPE_NONE && (type & HvMessage.TYPE_HYPERVISOR_BIT) == 0;
        boolean fits = size >= 0 && size <= HvMessage.MAX_PAYLOAD_BYTES;
        if (idAndReserved >>> 32 != 0 || !guestType || !fits) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        if (!HvConnectionId.valid(connectionId)) {
            return HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
        }
        byte[] payload = new byte[size];
        block.bytes(HvPostMessageInput.PAYLOAD_OFFSET, payload);
        return connections.post(connectionId, new SynIcMessage(type, connectionId, payload));
    }

    /** Connection id in 31:0, flag number in 47:32, the rest reserved. */
    int signalEvent(HypercallBlock block) {
        long word = block.qword(0);
        int connectionId = (int) word;
        if (word >>> 48 != 0) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        if (!HvConnectionId.valid(connectionId)) {
            return HvStatus.HV_STATUS_INVALID_CONNECTION_ID;
        }
        return connections.signal(connectionId, (int) (word >>> 32) & 0xFFFF);
    }
}
