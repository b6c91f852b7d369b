// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/** Hypercall status values (TLFS, "Hypercall Status Values"). */
public final class HvStatus {
    public static final int HV_STATUS_SUCCESS = 0x0;
    public static final int HV_STATUS_INVALID_HYPERCALL_CODE = 0x2;
    public static final int HV_STATUS_INVALID_HYPERCALL_INPUT = 0x3;
    public static final int HV_STATUS_INVALID_ALIGNMENT = 0x4;
    public static final int HV_STATUS_INVALID_PARAMETER = 0x5;
    public static final int HV_STATUS_ACCESS_DENIED = 0x6;
    public static final int HV_STATUS_INVALID_PARTITION_STATE = 0x7;
    public static final int HV_STATUS_OPERATION_DENIED = 0x8;
    public static final int HV_STATUS_INSUFFICIENT_MEMORY = 0xB;
    public static final int HV_STATUS_INVALID_PARTITION_ID = 0xD;
    public static final int HV_STATUS_INVALID_VP_INDEX = 0xE;
    public static final int HV_STATUS_INVALID_PORT_ID = 0x11;
    public static final int HV_STATUS_INVALID_CONNECTION_ID = 0x12;
    public static final int HV_STATUS_INSUFFICIENT_BUFFERS = 0x13;
    public static final int HV_STATUS_NOT_ACKNOWLEDGED = 0x14;
    public static final int HV_STATUS_INVALID_VP_STATE = 0x15;
    public static final int HV_STATUS_INVALID_SYNIC_STATE = 0x18;
    public static final int HV_STATUS_OBJECT_IN_USE = 0x19;
    public static final int HV_STATUS_TIMEOUT = 0x78;

    private HvStatus() {}

    public static String name(int status) {
        return switch (status) {
            case HV_STATUS_SUCCESS -> "HV_STATUS_SUCCESS";
            case HV_STATUS_INVALID_HYPERCALL_CODE -> "HV_STATUS_INVALID_HYPERCALL_CODE";
            case HV_STATUS_INVALID_HYPERCALL_INPUT -> "HV_STATUS_INVALID_HYPERCALL_INPUT";
            case HV_STATUS_INVALID_ALIGNMENT -> "HV_STATUS_INVALID_ALIGNMENT";
            case HV_STATUS_INVALID_PARAMETER -> "HV_STATUS_INVALID_PARAMETER";
            case HV_STATUS_ACCESS_DENIED -> "HV_STATUS_ACCESS_DENIED";
            case HV_STATUS_INVALID_PARTITION_STATE -> "HV_STATUS_INVALID_PARTITION_STATE";
            case HV_STATUS_OPERATION_DENIED -> "HV_STATUS_OPERATION_DENIED";
            case HV_STATUS_INSUFFICIENT_MEMORY -> "HV_STATUS_INSUFFICIENT_MEMORY";
            case HV_STATUS_INVALID_PARTITION_ID -> "HV_STATUS_INVALID_PARTITION_ID";
            case HV_STATUS_INVALID_VP_INDEX -> "HV_STATUS_INVALID_VP_INDEX";
            case HV_STATUS_INVALID_PORT_ID -> "HV_STATUS_INVALID_PORT_ID";
            case HV_STATUS_INVALID_CONNECTION_ID -> "HV_STATUS_INVALID_CONNECTION_ID";
            case HV_STATUS_INSUFFICIENT_BUFFERS -> "HV_STATUS_INSUFFICIENT_BUFFERS";
            case HV_STATUS_NOT_ACKNOWLEDGED -> "HV_STATUS_NOT_ACKNOWLEDGED";
            case HV_STATUS_INVALID_VP_STATE -> "HV_STATUS_INVALID_VP_STATE";
            case HV_STATUS_INVALID_SYNIC_STATE -> "HV_STATUS_INVALID_SYNIC_STATE";
            case HV_STATUS_OBJECT_IN_USE -> "HV_STATUS_OBJECT_IN_USE";
            case HV_STATUS_TIMEOUT -> "HV_STATUS_TIMEOUT";
            default -> "0x" + Integer.toHexString(status);
        };
    }
}
