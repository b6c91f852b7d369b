// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * Ports: ids, types and the inputs of the calls that make and connect them (TLFS, HvCallCreatePort, HvCallConnectPort,
 * HV_PORT_ID; the union's members as in Linux, struct hv_port_info and struct hv_connection_info).
 *
 * <pre>
 *  HvCallCreatePort                            HvCallConnectPort
 *   0  partition of the port                    0  partition of the connection
 *   8  port id, port VTL, minimal VTL, RsvdZ    8  connection id, VTL, RsvdZ
 *  16  partition of the connection             16  partition of the port
 *  24  port type, padding                      24  port id, RsvdZ
 *  32  SINT, VP index                          32  port type, padding
 *  40  message: RsvdZ                          40  RsvdZ, 24 bytes
 *      event: base flag, flag count, RsvdZ
 *  48  proximity domain, flags                 64  proximity domain, flags
 * </pre>
 */
public final class HvPort {
    public static final int CREATE_SIZE = 56;
    public static final int CONNECT_SIZE = 72;

    /** Ids have 24 bits; bits 31:24 are reserved. */
    public static final int ID_MASK = 0xFF_FFFF;

    public static final int TYPE_MESSAGE = 1;
    public static final int TYPE_EVENT = 2;
    public static final int TYPE_MONITOR = 3;
    /** For the root partition only. */
    public static final int TYPE_DOORBELL = 4;

    /** HV_ANY_VP, as a VP index. */
    public static final int ANY_VP = -1;
    /** SINT 0 is the hypervisor's own. */
    public static final int FIRST_SINT = 1;

    /** HV_PORT_PROPERTY_CODE: how many messages have been posted to the port since it was made. */
    public static final int PROPERTY_POST_COUNT = 0;

    /** HV_PARTITION_ID_SELF. */
    public static final long PARTITION_SELF = -1;
    /** HV_PROXIMITY_DOMAIN_FLAGS, bits 30:1, in the upper half of HV_PROXIMITY_DOMAIN_INFO. */
    public static final long PROXIMITY_RESERVED = 0x7FFF_FFFEL << 32;

    private HvPort() {}

    /** Whether only the bits of an id are set (HV_PORT_ID: 23:0); any other is invalid. */
    public static boolean validId(int portId) {
        return (portId & ~ID_MASK) == 0;
    }
}
