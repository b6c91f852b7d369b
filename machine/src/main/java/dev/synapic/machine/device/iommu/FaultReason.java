// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

/** Why a request was refused, as fault recording registers say it (VT-d, "Fault reason encodings"). */
final class FaultReason {
    static final int ROOT_NOT_PRESENT = 0x01;
    static final int CONTEXT_NOT_PRESENT = 0x02;
    static final int CONTEXT_INVALID = 0x03;
    static final int ADDRESS_BEYOND_WIDTH = 0x04;
    static final int NO_WRITE_PERMISSION = 0x05;
    static final int NO_READ_PERMISSION = 0x06;
    static final int PAGE_TABLE_UNREACHABLE = 0x07;
    static final int ROOT_UNREACHABLE = 0x08;
    static final int CONTEXT_UNREACHABLE = 0x09;
    static final int ROOT_RESERVED = 0x0A;
    static final int CONTEXT_RESERVED = 0x0B;
    static final int PAGE_TABLE_RESERVED = 0x0C;

    static final int INTERRUPT_REQUEST_RESERVED = 0x20;
    static final int INTERRUPT_INDEX_BEYOND_TABLE = 0x21;
    static final int INTERRUPT_NOT_PRESENT = 0x22;
    static final int INTERRUPT_TABLE_UNREACHABLE = 0x23;
    static final int INTERRUPT_ENTRY_RESERVED = 0x24;
    static final int COMPATIBILITY_FORMAT_BLOCKED = 0x25;
    static final int SOURCE_REFUSED = 0x26;

    private FaultReason() {}
}
