// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.vmbus;

/**
 * Packets between a driver of storage and its host (Linux, drivers/scsi/storvsc_drv.c, struct vstor_packet and struct
 * vmscsi_request). Operation, flags and status are 32 bits each; the rest depends on the operation.
 *
 * <pre>
 *  operation   12 .. of the packet
 *  version     major 15:8, minor 7:0
 *  properties  16: sub-channels at most, 20: flags, 24: bytes of a transfer at most
 *  execute SRB 12: length, 14: SRB status, 15: SCSI status, 17: path, 18: target, 19: LUN, 20: bytes of the command,
 *              21: bytes of sense data, 22: direction, 24: bytes of data, 28: command, or sense data in the answer
 * </pre>
 */
public final class VstorPacket {
    public static final int OPERATION = 0;
    public static final int FLAGS = 4;
    public static final int STATUS = 8;
    public static final int HEADER_BYTES = 12;
    public static final int BYTES = 64;
    /** Of versions before Windows 8. */
    public static final int OLD_BYTES = 48;

    public static final int COMPLETE_IO = 1;
    public static final int REMOVE_DEVICE = 2;
    public static final int EXECUTE_SRB = 3;
    public static final int RESET_LUN = 4;
    public static final int RESET_ADAPTER = 5;
    public static final int RESET_BUS = 6;
    public static final int BEGIN_INITIALIZATION = 7;
    public static final int END_INITIALIZATION = 8;
    public static final int QUERY_PROTOCOL_VERSION = 9;
    public static final int QUERY_PROPERTIES = 10;
    public static final int ENUMERATE_BUS = 11;
    public static final int FCHBA_DATA = 12;
    public static final int CREATE_SUB_CHANNELS = 13;

    public static final int VERSION = 12;
    public static final int VERSION_WIN6 = 0x0200;
    public static final int VERSION_WIN7 = 0x0402;
    public static final int VERSION_WIN8 = 0x0501;
    public static final int VERSION_WIN8_1 = 0x0600;
    public static final int VERSION_WIN10 = 0x0602;

    public static final int MOST_TRANSFER_BYTES = 24;

    public static final int SUB_CHANNELS = 12;

    public static final int SRB_LENGTH = 12;
    public static final int SRB_STATUS = 14;
    public static final int SRB_SCSI_STATUS = 15;
    public static final int SRB_PATH = 17;
    public static final int SRB_TARGET = 18;
    public static final int SRB_LUN = 19;
    public static final int SRB_CDB_LENGTH = 20;
    public static final int SRB_SENSE_LENGTH = 21;
    public static final int SRB_DATA_LENGTH = 24;
    public static final int SRB_CDB = 28;
    public static final int MOST_CDB_BYTES = 16;
    /** From {@link #SRB_CDB} on. */
    public static final int MOST_SENSE_BYTES = 20;

    /** Values of {@link #SRB_STATUS}. */
    public static final int SRB_SUCCESS = 0x01;

    public static final int SRB_ERROR = 0x04;
    public static final int SRB_INVALID_REQUEST = 0x06;
    public static final int SRB_INVALID_LUN = 0x20;
    /** Sense data stand in the answer. */
    public static final int SRB_AUTOSENSE_VALID = 0x80;

    /** NTSTATUS values of {@link #STATUS}. */
    public static final int STATUS_SUCCESS = 0;

    public static final int STATUS_INVALID_PARAMETER = 0xC000_000D;
    public static final int STATUS_INVALID_DEVICE_REQUEST = 0xC000_0010;
    public static final int STATUS_REVISION_MISMATCH = 0xC000_0059;
    public static final int STATUS_DEVICE_DOES_NOT_EXIST = 0xC000_00C0;
    public static final int STATUS_INVALID_DEVICE_STATE = 0xC000_0184;
    public static final int STATUS_IO_DEVICE_ERROR = 0xC000_0185;

    private VstorPacket() {}
}
