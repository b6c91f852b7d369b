// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.cpu.Cpu;

/** What the read-only registers say (VT-d, 10.4.1 to 10.4.3). */
final class Capabilities {
    /** Architecture version 1.0: no scalable mode. */
    static final int VERSION = 0x10;
    /** AM of a page-selective invalidation (MAMV). */
    static final int MAX_ADDRESS_MASK = 18;
    /** IM of an index-selective invalidation (MHMV). */
    static final int MAX_HANDLE_MASK = 15;
    /** Where the IOTLB registers are, IVA first. */
    static final int IOTLB = 0x0F0;
    /** Where the fault recording registers are. */
    static final int FAULT_RECORDS = 0x220;
    /** HAW, the width of addresses in tables. */
    static final int HOST_ADDRESS_BITS = Cpu.PHYSICAL_ADDRESS_BITS;

    private static final long SIXTEEN_BIT_DOMAINS = 6;
    private static final int SAGAW_SHIFT = 8;
    private static final long THREE_LEVELS = 1 << 1;
    private static final long FOUR_LEVELS = 1 << 2;
    private static final int MGAW_SHIFT = 16;
    private static final int FRO_SHIFT = 24;
    /** SLLPS: pages of 2 MiB and of 1 GiB. */
    private static final long LARGE_PAGES = 3L << 34;

    private static final long PAGE_SELECTIVE = 1L << 39;
    private static final int NFR_SHIFT = 40;
    private static final int MAMV_SHIFT = 48;
    /** DWD and DRD: an invalidation waits for accesses under way, of which there are none. */
    private static final long DRAINING = 3L << 54;

    /** C: tables are read through the caches. */
    private static final long COHERENT = 1;

    private static final long QUEUED_INVALIDATION = 1 << 1;
    private static final long INTERRUPT_REMAPPING = 1 << 3;
    private static final long EXTENDED_INTERRUPT_MODE = 1 << 4;
    private static final long PASS_THROUGH = 1 << 6;
    private static final long SNOOP_CONTROL = 1 << 7;
    private static final int IRO_SHIFT = 8;
    private static final int MHMV_SHIFT = 20;

    private Capabilities() {}

    /** CM is 0: nothing is cached, so that nothing that is not present is. */
    static long basic(IommuConfig config) {
        boolean four = config.addressBits() == IommuConfig.FOUR_LEVELS;
        return SIXTEEN_BIT_DOMAINS
                | (THREE_LEVELS | (four ? FOUR_LEVELS : 0)) << SAGAW_SHIFT
                | (long) (config.addressBits() - 1) << MGAW_SHIFT
                | (long) FAULT_RECORDS / 16 << FRO_SHIFT
                | LARGE_PAGES
                | PAGE_SELECTIVE
                | (long) (FaultLog.RECORDS - 1) << NFR_SHIFT
                | (long) MAX_ADDRESS_MASK << MAMV_SHIFT
                | DRAINING;
    }

    static long extended(IommuConfig config) {
        long interrupts = config.interruptRemapping() ? INTERRUPT_REMAPPING | (long) MAX_HANDLE_MASK << MHMV_SHIFT : 0;
        return COHERENT
                | QUEUED_INVALIDATION
                | interrupts
                | (config.extendedMode() ? EXTENDED_INTERRUPT_MODE : 0)
                | PASS_THROUGH
                | SNOOP_CONTROL
                | (long) IOTLB / 16 << IRO_SHIFT;
    }
}
