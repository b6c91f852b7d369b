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
    public static final int HV_STATUS_UNKNOWN_PROPERTY = 0x9;
    public static final int HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE = 0xA;
    public static final int HV_STATUS_INSUFFICIENT_MEMORY = 0xB;
    public static final int HV_STATUS_PARTITION_TOO_DEEP = 0xC;
    public static final int HV_STATUS_INVALID_PARTITION_ID = 0xD;
    public static final int HV_STATUS_INVALID_VP_INDEX = 0xE;
    public static final int HV_STATUS_INVALID_PORT_ID = 0x11;
    public static final int HV_STATUS_INVALID_CONNECTION_ID = 0x12;
    public static final int HV_STATUS_INSUFFICIENT_BUFFERS = 0x13;
    public static final int HV_STATUS_NOT_ACKNOWLEDGED = 0x14;
    public static final int HV_STATUS_INVALID_VP_STATE = 0x15;
    public static final int HV_STATUS_ACKNOWLEDGED = 0x16;
    public static final int HV_STATUS_INVALID_SAVE_RESTORE_STATE = 0x17;
    public static final int HV_STATUS_INVALID_SYNIC_STATE = 0x18;
    public static final int HV_STATUS_OBJECT_IN_USE = 0x19;
    public static final int HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO = 0x1A;
    public static final int HV_STATUS_NO_DATA = 0x1B;
    public static final int HV_STATUS_INACTIVE = 0x1C;
    public static final int HV_STATUS_NO_RESOURCES = 0x1D;
    public static final int HV_STATUS_FEATURE_UNAVAILABLE = 0x1E;
    public static final int HV_STATUS_TIMEOUT = 0x78;

    private HvStatus() {}

    /** The status's name as the TLFS gives it, or its number in hexadecimal. */
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
            case HV_STATUS_UNKNOWN_PROPERTY -> "HV_STATUS_UNKNOWN_PROPERTY";
            case HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE -> "HV_STATUS_PROPERTY_VALUE_OUT_OF_RANGE";
            case HV_STATUS_INSUFFICIENT_MEMORY -> "HV_STATUS_INSUFFICIENT_MEMORY";
            case HV_STATUS_PARTITION_TOO_DEEP -> "HV_STATUS_PARTITION_TOO_DEEP";
            case HV_STATUS_INVALID_PARTITION_ID -> "HV_STATUS_INVALID_PARTITION_ID";
            case HV_STATUS_INVALID_VP_INDEX -> "HV_STATUS_INVALID_VP_INDEX";
            case HV_STATUS_INVALID_PORT_ID -> "HV_STATUS_INVALID_PORT_ID";
            case HV_STATUS_INVALID_CONNECTION_ID -> "HV_STATUS_INVALID_CONNECTION_ID";
            case HV_STATUS_INSUFFICIENT_BUFFERS -> "HV_STATUS_INSUFFICIENT_BUFFERS";
            case HV_STATUS_NOT_ACKNOWLEDGED -> "HV_STATUS_NOT_ACKNOWLEDGED";
            case HV_STATUS_INVALID_VP_STATE -> "HV_STATUS_INVALID_VP_STATE";
            case HV_STATUS_ACKNOWLEDGED -> "HV_STATUS_ACKNOWLEDGED";
            case HV_STATUS_INVALID_SAVE_RESTORE_STATE -> "HV_STATUS_INVALID_SAVE_RESTORE_STATE";
            case HV_STATUS_INVALID_SYNIC_STATE -> "HV_STATUS_INVALID_SYNIC_STATE";
            case HV_STATUS_OBJECT_IN_USE -> "HV_STATUS_OBJECT_IN_USE";
            case HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO -> "HV_STATUS_INVALID_PROXIMITY_DOMAIN_INFO";
            case HV_STATUS_NO_DATA -> "HV_STATUS_NO_DATA";
            case HV_STATUS_INACTIVE -> "HV_STATUS_INACTIVE";
            case HV_STATUS_NO_RESOURCES -> "HV_STATUS_NO_RESOURCES";
            case HV_STATUS_FEATURE_UNAVAILABLE -> "HV_STATUS_FEATURE_UNAVAILABLE";
            case HV_STATUS_TIMEOUT -> "HV_STATUS_TIMEOUT";
            default -> "0x" + Integer.toHexString(status);
        };
    }
}
