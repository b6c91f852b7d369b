// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/**
 * Layout of a set of virtual processors (TLFS, HV_VP_SET).
 *
 * <pre>
 *  offset 0          8                   16                 16 + 8 * popcount(valid banks)
 *        +----------+-------------------+------------------+
 *        | format   | valid banks mask  | bank contents ...|
 *        +----------+-------------------+------------------+
 * </pre>
 *
 * Bank b holds VPs 64 * b to 64 * b + 63; only banks whose bit is set in the mask have contents, packed in ascending
 * order.
 */
public final class HvVpSet {
    public static final long FORMAT_SPARSE_4K = 0;
    public static final long FORMAT_ALL = 1;
    public static final int FORMAT_OFFSET = 0;
    public static final int VALID_BANKS_OFFSET = 8;
    public static final int BANKS_OFFSET = 16;
    public static final int BANKS = 64;
    public static final int VPS_PER_BANK = 64;
    /** VP indices from here on have no place in a sparse set. */
    public static final int MAX_VPS = BANKS * VPS_PER_BANK;

    private HvVpSet() {}

    /** Where bank stands among the packed contents, or -1 where the set does not hold it. Any int may be asked. */
    public static int position(long validBanks, int bank) {
        if (bank < 0 || bank >= BANKS || (validBanks >>> bank & 1) == 0) {
            return -1;
        }
        return Long.bitCount(validBanks & (1L << bank) - 1);
    }
}
