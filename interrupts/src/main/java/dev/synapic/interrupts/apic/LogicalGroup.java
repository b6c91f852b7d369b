// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * APICs that one mask of an xAPIC logical destination chooses from: eight of the flat model, or the four of a cluster.
 * Immutable.
 *
 * @param targets indices of {@link DestinationMap}, ascending
 * @param bits the one logical-id bit of each
 */
@SuppressWarnings("ArrayRecordComponent") // the arrays never leave the package and are never compared
record LogicalGroup(int[] targets, int[] bits) {
    static final LogicalGroup EMPTY = new LogicalGroup(new int[0], new int[0]);

    /** Returns the group with one more APIC, or null where the bit is taken or is not one bit. */
    static @Nullable LogicalGroup add(LogicalGroup group, int target, int bit) {
        if (Integer.bitCount(bit) != 1 || group.next(-1, bit) >= 0) {
            return null;
        }
        int n = group.targets.length;
        int[] targets = Arrays.copyOf(group.targets, n + 1);
        int[] bits = Arrays.copyOf(group.bits, n + 1);
        targets[n] = target;
        bits[n] = bit;
        return new LogicalGroup(targets, bits);
    }

    /** The first target above from that mask chooses, or -1. */
    int next(int from, int mask) {
        for (int i = 0; i < targets.length; i++) {
            if (targets[i] > from && (bits[i] & mask) != 0) {
                return targets[i];
            }
        }
        return -1;
    }
}
