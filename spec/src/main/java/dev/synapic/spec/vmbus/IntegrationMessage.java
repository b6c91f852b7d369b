// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.vmbus;

/**
 * Messages of the integration services: the header of a pipe's packet (struct vmbuspipe_hdr), that of a message (struct
 * icmsg_hdr), then the fields; all little-endian (Linux, include/linux/hyperv.h).
 */
public final class IntegrationMessage {
    /** Pipe's packet: type, and bytes behind the two words. */
    public static final int PIPE_TYPE = 0;

    public static final int PIPE_BYTES = 4;
    public static final int PIPE_TYPE_DATA = 1;

    /** Message: versions as major and minor number of 16 bits each. */
    public static final int FRAMEWORK_VERSION = 8;

    public static final int TYPE = 12;
    public static final int VERSION = 14;
    public static final int BODY_BYTES = 18;
    public static final int STATUS = 20;
    public static final int TRANSACTION = 24;
    public static final int FLAGS = 25;
    public static final int BODY = 28;

    public static final int TYPE_NEGOTIATE = 0;
    public static final int TYPE_HEARTBEAT = 1;
    public static final int TYPE_KVP_EXCHANGE = 2;
    public static final int TYPE_SHUTDOWN = 3;
    public static final int TYPE_TIME_SYNC = 4;

    public static final int FLAG_TRANSACTION = 1;
    public static final int FLAG_REQUEST = 2;
    public static final int FLAG_RESPONSE = 4;

    public static final int STATUS_OK = 0;
    public static final int STATUS_FAIL = 0x8000_4005;
    /** There is nothing at that index. */
    public static final int STATUS_NO_MORE_ITEMS = 0x8007_0103;

    public static final int STATUS_DEVICE_NOT_CONNECTED = 0x8007_048F;

    /** Negotiation: number of framework versions, number of message versions, a reserved word, the versions. */
    public static final int NEGOTIATE_VERSIONS = BODY + 8;

    /** Heartbeat: a sequence number of 64 bits, 32 reserved bytes. */
    public static final int HEARTBEAT_BYTES = 40;

    /** Time of the parent in units of 100 ns since 1601, reference time of the sample, flags, leap indicator, stratum, reserved. */
    public static final int TIME_SYNC_BYTES = 22;

    /** Set the clock. */
    public static final int TIME_SYNC_FLAG_SYNC = 1;
    /** The clock may be disciplined by it. */
    public static final int TIME_SYNC_FLAG_SAMPLE = 2;

    /** 1970 in time since 1601, in units of 100 ns. */
    public static final long EPOCH_1970 = 116_444_736_000_000_000L;

    /** Shutdown: reason, seconds that the guest has, flags, a text of 2,048 bytes for who is logged in. */
    public static final int SHUTDOWN_BYTES = 12 + 2048;

    /** The flags of a shutdown that is to switch off, and asks nobody. */
    public static final int SHUTDOWN_POWER_OFF_FORCED = 1;

    private IntegrationMessage() {}
}
