// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.scsi;

/**
 * Why a command failed: sense key in 23:16, additional sense code in 15:8, its qualifier in 7:0 (SPC-4, tables 53 and
 * D.1). In the fixed format, of {@link #FIXED_BYTES} bytes, they stand at bytes 2, 12 and 13 (SPC-4, 4.5.3).
 */
public final class SenseCode {
    public static final int NO_SENSE = 0;
    /** Not ready: an initializing command is required. */
    public static final int NOT_READY_START_REQUIRED = 0x02_04_02;

    public static final int WRITE_ERROR = 0x03_0C_00;
    public static final int UNRECOVERED_READ_ERROR = 0x03_11_00;
    public static final int INVALID_OPERATION_CODE = 0x05_20_00;
    public static final int LBA_OUT_OF_RANGE = 0x05_21_00;
    public static final int INVALID_FIELD_IN_CDB = 0x05_24_00;
    public static final int SAVING_PARAMETERS_NOT_SUPPORTED = 0x05_39_00;
    public static final int WRITE_PROTECTED = 0x07_27_00;

    public static final int FIXED_BYTES = 18;
    /** The first byte of the fixed format, for a command that has just ended. */
    public static final int FIXED_CURRENT = 0x70;

    private SenseCode() {}
}
