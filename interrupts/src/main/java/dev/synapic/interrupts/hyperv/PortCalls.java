// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvPort;
import dev.synapic.spec.hyperv.HvStatus;

/** The calls by which a guest makes and connects ports of its own (TLFS). Any thread. */
final class PortCalls {
    static final int PROPERTY_INPUT_SIZE = 24;

    private final GuestPorts ports;

    PortCalls(GuestPorts ports) {
        this.ports = ports;
    }

    int create(HypercallBlock block) {
        long idAndVtls = block.qword(8);
        int type = (int) block.qword(24);
        long sintAndVp = block.qword(32);
        long flags = block.qword(40);
        boolean flagsLegal = type == HvPort.TYPE_EVENT ? flags >>> 32 == 0 : flags == 0;
        if (idAndVtls >>> 32 != 0 || !flagsLegal || (block.qword(48) & HvPort.PROXIMITY_RESERVED) != 0) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        if (block.qword(0) != HvPort.PARTITION_SELF || block.qword(16) != HvPort.PARTITION_SELF) {
            return HvStatus.HV_STATUS_INVALID_PARTITION_ID;
        }
        return ports.create(new GuestPort.Shape(
                (int) idAndVtls,
                type,
                (int) sintAndVp,
                (int) (sintAndVp >>> 32),
                (int) flags & 0xFFFF,
                (int) (flags >>> 16) & 0xFFFF));
    }

    int delete(HypercallBlock block) {
        long partition = block.qword(0);
        long idAndReserved = block.qword(8);
        if (idAndReserved >>> 32 != 0) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        return partition == HvPort.PARTITION_SELF
                ? ports.delete((int) idAndReserved)
                : HvStatus.HV_STATUS_INVALID_PARTITION_ID;
    }

    int connect(HypercallBlock block) {
        long idAndVtl = block.qword(8);
        long portAndReserved = block.qword(24);
        boolean infoLegal = (block.qword(40) | block.qword(48) | block.qword(56)) == 0;
        boolean reservedLegal = idAndVtl >>> 32 == 0 && portAndReserved >>> 32 == 0;
        if (!reservedLegal || !infoLegal || (block.qword(64) & HvPort.PROXIMITY_RESERVED) != 0) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        if (block.qword(0) != HvPort.PARTITION_SELF || block.qword(16) != HvPort.PARTITION_SELF) {
            return HvStatus.HV_STATUS_INVALID_PARTITION_ID;
        }
        return ports.connect((int) idAndVtl, (int) portAndReserved, (int) block.qword(32));
    }

    /** The upper half of the second word tells of doorbells, of which there are none. */
    int disconnect(HypercallBlock block) {
        long partition = block.qword(0);
        long idAndReserved = block.qword(8);
        if (idAndReserved >>> 32 != 0) {
            return HvStatus.HV_STATUS_INVALID_PARAMETER;
        }
        return partition == HvPort.PARTITION_SELF
                ? ports.disconnect((int) idAndReserved)
                : HvStatus.HV_STATUS_INVALID_PARTITION_ID;
    }

    int property(HypercallBlock block) {
        long id = block.qword(8);
        if (block.qword(0) != HvPort.PARTITION_SELF) {
            return HvStatus.HV_STATUS_INVALID_PARTITION_ID;
        }
        GuestPort port = id >>> 32 == 0 ? ports.port((int) id) : null;
        if (port == null) {
            return HvStatus.HV_STATUS_INVALID_PORT_ID;
        }
        if ((int) block.qword(16) != HvPort.PROPERTY_POST_COUNT) {
            return HvStatus.HV_STATUS_UNKNOWN_PROPERTY;
        }
        block.putQword(0, port.postCount());
        return HvStatus.HV_STATUS_SUCCESS;
    }
}
