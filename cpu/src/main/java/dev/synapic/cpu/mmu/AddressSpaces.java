// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.mmu;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One TLB per process-context identifier in recent use (SDM vol. 3A, 4.10). A global translation lives in the TLB of the context
 * that used it; what drops it looks into all of them.
 */
final class AddressSpaces {
    private static final int MOST = 8;
    private static final int FREE = -1;

    private final @Nullable Tlb[] tlbs = new @Nullable Tlb[MOST];
    private final int[] contexts = new int[MOST];
    private final long[] lastUse = new long[MOST];
    private long uses;

    AddressSpaces() {
        Arrays.fill(contexts, FREE);
    }

    /** The TLB of a context, which takes over that of the one not used for longest if need be. */
    Tlb select(int context) {
        int slot = slot(context);
        if (slot < 0) {
            slot = oldest();
            contexts[slot] = context;
            Tlb recycled = tlbs[slot];
            if (recycled == null) {
                tlbs[slot] = new Tlb();
            } else {
                recycled.flush();
            }
        }
        lastUse[slot] = ++uses;
        return Objects.requireNonNull(tlbs[slot]);
    }

    private int slot(int context) {
        for (int slot = 0; slot < MOST; slot++) {
            if (contexts[slot] == context) {
                return slot;
            }
        }
        return -1;
    }

    private int oldest() {
        int oldest = 0;
        for (int slot = 1; slot < MOST; slot++) {
            if (lastUse[slot] < lastUse[oldest]) {
                oldest = slot;
            }
        }
        return oldest;
    }

    void flush() {
        for (Tlb tlb : tlbs) {
            if (tlb != null) {
                tlb.flush();
            }
        }
    }

    /** Drops all but global translations, of all contexts. */
    void flushLocal() {
        for (Tlb tlb : tlbs) {
            if (tlb != null) {
                tlb.flushLocal();
            }
        }
    }

    /** Drops all but global translations of a context. */
    void flushContext(int context) {
        int slot = slot(context);
        Tlb tlb = slot < 0 ? null : tlbs[slot];
        if (tlb != null) {
            tlb.flushLocal();
        }
    }

    /** Drops an address in all contexts: its translation may be a global one. */
    void invalidate(long linear) {
        for (Tlb tlb : tlbs) {
            if (tlb != null) {
                tlb.invalidate(linear);
            }
        }
    }

    void protectAgain() {
        for (Tlb tlb : tlbs) {
            if (tlb != null) {
                tlb.protectAgain();
            }
        }
    }

    void dropWritable(long poolPage) {
        for (Tlb tlb : tlbs) {
            if (tlb != null) {
                tlb.dropWritable(poolPage);
            }
        }
    }
}
