// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.spec.hyperv.HvFlushInput;

/**
 * What one flush call, or one range of its list, drops at each processor. Threading: one call at a time; the object is
 * used again for later ones, so that a call allocates nothing.
 */
final class TlbFlush implements VpTargets.Action {
    private static final int PAGES_IN_2_MIB = 512;
    private static final int PAGES_IN_1_GIB = 512 * 512;

    private final TlbFlushPort tlbs;
    private long addressSpace;
    private boolean keepGlobal;
    private long gva;
    /** 0: the whole space. */
    private int pages;

    private boolean canonical;

    TlbFlush(TlbFlushPort tlbs) {
        this.tlbs = tlbs;
    }

    /** All translations of the space. */
    void ofSpace(long space, boolean keep) {
        addressSpace = space;
        keepGlobal = keep;
        pages = 0;
    }

    /** A range of the same space, in one of the two formats. */
    void ofRange(long range, boolean extended) {
        if (!extended) {
            pages = (int) (range & HvFlushInput.ADDITIONAL_PAGES_MASK) + 1;
            gva = range & ~HvFlushInput.ADDITIONAL_PAGES_MASK;
        } else {
            int units = (int) (range & HvFlushInput.EXTENDED_ADDITIONAL_PAGES_MASK) + 1;
            boolean large = (range & HvFlushInput.LARGE_PAGE) != 0;
            int unit = (range & HvFlushInput.PAGE_SIZE_1GB) != 0 ? PAGES_IN_1_GIB : PAGES_IN_2_MIB;
            pages = large ? units * unit : units;
            gva = range & (large ? -1L << 21 : ~HvFlushInput.ADDITIONAL_PAGES_MASK);
        }
        canonical = isCanonical(gva);
    }

    /** Ranges beyond the address space are ignored (CVE-2025-38351). */
    @Override
    public int apply(SynIc target, int unused) {
        if (pages == 0) {
            tlbs.flushSpace(target.vpIndex(), addressSpace, keepGlobal);
        } else if (canonical) {
            tlbs.flushPages(target.vpIndex(), addressSpace, gva, pages);
        }
        return 1;
    }

    /** Within the widest linear addresses that there are, 57 bits. */
    private static boolean isCanonical(long gva) {
        return gva << 7 >> 7 == gva;
    }
}
