// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import java.util.Arrays;

/**
 * APICs that one mask of an xAPIC logical destination chooses from: the eight of the flat model, or the four of a
 * cluster. Filled while its table is built, constant afterwards.
 */
final class LogicalGroup {
    /** Indices of {@link DestinationMap}, ascending. */
    private int[] targets = {};
    /** The one logical-id bit of each target. */
    private int[] bits = {};

    /** Adds a target above all others; false where its bit is taken or is not one bit. */
    boolean add(int target, int bit) {
        if (Integer.bitCount(bit) != 1 || next(-1, bit) >= 0) {
            return false;
        }
        int n = targets.length;
        targets = Arrays.copyOf(targets, n + 1);
        bits = Arrays.copyOf(bits, n + 1);
        targets[n] = target;
        bits[n] = bit;
        return true;
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
