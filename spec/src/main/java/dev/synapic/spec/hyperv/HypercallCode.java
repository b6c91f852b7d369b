// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/** Hypercalls by call code (TLFS, "Hypercall Reference"). */
public final class HypercallCode {
    public static final int HvCallFlushVirtualAddressSpace = 0x0002;
    public static final int HvCallFlushVirtualAddressList = 0x0003;
    public static final int HvCallNotifyLongSpinWait = 0x0008;
    public static final int HvCallSendSyntheticClusterIpi = 0x000B;
    public static final int HvCallFlushVirtualAddressSpaceEx = 0x0013;
    public static final int HvCallFlushVirtualAddressListEx = 0x0014;
    public static final int HvCallSendSyntheticClusterIpiEx = 0x0015;
    public static final int HvCallDeletePort = 0x0058;
    public static final int HvCallGetPortProperty = 0x005A;
    public static final int HvCallDisconnectPort = 0x005B;
    public static final int HvCallPostMessage = 0x005C;
    public static final int HvCallSignalEvent = 0x005D;
    public static final int HvCallRetargetDeviceInterrupt = 0x007E;
    /** Its older form, 0x0057, is gone. */
    public static final int HvCallCreatePort = 0x0095;
    /** Its older form, 0x0059, is gone. */
    public static final int HvCallConnectPort = 0x0096;
    /** Calls from 0x8001 on are extended ones, of which this one tells the others. */
    public static final int HvExtCallQueryCapabilities = 0x8001;

    private HypercallCode() {}

    /** The call's name as the TLFS gives it, or its code in hexadecimal. */
    public static String name(int code) {
        return switch (code) {
            case HvCallFlushVirtualAddressSpace -> "HvCallFlushVirtualAddressSpace";
            case HvCallFlushVirtualAddressList -> "HvCallFlushVirtualAddressList";
            case HvCallNotifyLongSpinWait -> "HvCallNotifyLongSpinWait";
            case HvCallSendSyntheticClusterIpi -> "HvCallSendSyntheticClusterIpi";
            case HvCallFlushVirtualAddressSpaceEx -> "HvCallFlushVirtualAddressSpaceEx";
            case HvCallFlushVirtualAddressListEx -> "HvCallFlushVirtualAddressListEx";
            case HvCallSendSyntheticClusterIpiEx -> "HvCallSendSyntheticClusterIpiEx";
            case HvCallDeletePort -> "HvCallDeletePort";
            case HvCallGetPortProperty -> "HvCallGetPortProperty";
            case HvCallDisconnectPort -> "HvCallDisconnectPort";
            case HvCallPostMessage -> "HvCallPostMessage";
            case HvCallSignalEvent -> "HvCallSignalEvent";
            case HvCallRetargetDeviceInterrupt -> "HvCallRetargetDeviceInterrupt";
            case HvCallCreatePort -> "HvCallCreatePort";
            case HvCallConnectPort -> "HvCallConnectPort";
            case HvExtCallQueryCapabilities -> "HvExtCallQueryCapabilities";
            default -> "0x" + Integer.toHexString(code);
        };
    }
}
