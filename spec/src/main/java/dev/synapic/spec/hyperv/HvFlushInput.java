// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * Input of the four flush calls (TLFS, HvCallFlushVirtualAddressSpace and its relatives).
 *
 * <pre>
 *  offset 0               8         16
 *        +---------------+---------+--------------------------+----------------------+
 *        | address space | flags   | processor mask u64, or   | list calls: ranges,  |
 *        | (CR3)         |         | Ex: HV_VP_SET            | 8 bytes each         |
 *        +---------------+---------+--------------------------+----------------------+
 * </pre>
 */
public final class HvFlushInput {
    public static final long HV_FLUSH_ALL_PROCESSORS = 1;
    public static final long HV_FLUSH_ALL_VIRTUAL_ADDRESS_SPACES = 2;
    public static final long HV_FLUSH_NON_GLOBAL_MAPPINGS_ONLY = 4;
    public static final long HV_FLUSH_USE_EXTENDED_RANGE_FORMAT = 8;

    /** A range's bits 11:0: how many pages follow its first. */
    public static final long ADDITIONAL_PAGES_MASK = 0xFFF;

    private HvFlushInput() {}
}
