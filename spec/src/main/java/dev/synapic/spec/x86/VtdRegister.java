// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/**
 * Registers of a VT-d remapping unit, by offset in its window, and their bits (Intel Virtualization Technology for
 * Directed I/O, 10.4 in revision 2.x, 11.4 from 3.0 on). Registers of 64 bits are two of 32 here: offset and offset + 4.
 */
public final class VtdRegister {
    public static final int VERSION = 0x000;
    public static final int CAPABILITY = 0x008;
    public static final int EXTENDED_CAPABILITY = 0x010;
    public static final int GLOBAL_COMMAND = 0x018;
    public static final int GLOBAL_STATUS = 0x01C;
    public static final int ROOT_TABLE = 0x020;
    public static final int CONTEXT_COMMAND = 0x028;
    public static final int FAULT_STATUS = 0x034;
    /** Control, data, address and upper address of the fault event. */
    public static final int FAULT_EVENT = 0x038;

    public static final int QUEUE_HEAD = 0x080;
    public static final int QUEUE_TAIL = 0x088;
    public static final int QUEUE_ADDRESS = 0x090;
    public static final int COMPLETION_STATUS = 0x09C;
    /** Control, data, address and upper address of the invalidation event. */
    public static final int COMPLETION_EVENT = 0x0A0;

    public static final int INTERRUPT_TABLE = 0x0B8;

    /** Global command and status (GCMD_REG, GSTS_REG): DMA remapping is on. */
    public static final int TRANSLATION = 1 << 31;
    /** The root table's address is taken over. */
    public static final int SET_ROOT_TABLE = 1 << 30;

    public static final int QUEUED_INVALIDATION = 1 << 26;
    public static final int INTERRUPT_REMAPPING = 1 << 25;
    /** The interrupt table's address is taken over. */
    public static final int SET_INTERRUPT_TABLE = 1 << 24;
    /** Messages in compatibility format pass. */
    public static final int COMPATIBILITY_FORMAT = 1 << 23;

    /** Context command, upper half: ICC; and the granularities that were asked for and done, 3 bits with them. */
    public static final int CONTEXT_INVALIDATE = 1 << 31;

    public static final int CONTEXT_REQUESTED_SHIFT = 29;
    public static final int CONTEXT_ACTUAL_SHIFT = 27;

    /** IOTLB command, upper half: IVT, and the granularities. */
    public static final int IOTLB_INVALIDATE = 1 << 31;

    public static final int IOTLB_REQUESTED_SHIFT = 28;
    public static final int IOTLB_ACTUAL_SHIFT = 25;

    /** Fault status: PFO. */
    public static final int FAULT_OVERFLOW = 1;
    /** PPF. */
    public static final int FAULT_PENDING = 1 << 1;
    /** IQE. */
    public static final int QUEUE_ERROR = 1 << 4;

    public static final int FAULT_INDEX_SHIFT = 8;

    /** Fault recording register, last 32 bits: F, and T for a read. */
    public static final int FAULT = 1 << 31;

    public static final int FAULT_READ = 1 << 30;

    /** Event control: IM and IP. */
    public static final int EVENT_MASKED = 1 << 31;

    public static final int EVENT_PENDING = 1 << 30;

    /** Interrupt table: EIME. */
    public static final int EXTENDED_MODE = 1 << 11;

    private VtdRegister() {}
}
