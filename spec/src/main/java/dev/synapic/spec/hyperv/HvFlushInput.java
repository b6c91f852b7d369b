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
    /**
     * Extended format: the same in bits 10:0. With {@link #LARGE_PAGE} these are pages of 2 MiB, or of 1 GiB where
     * {@link #PAGE_SIZE_1GB} is set, and the address begins at bit 21.
     */
    public static final long EXTENDED_ADDITIONAL_PAGES_MASK = 0x7FF;

    public static final long LARGE_PAGE = 1 << 11;
    public static final long PAGE_SIZE_1GB = 1 << 12;

    private HvFlushInput() {}
}
