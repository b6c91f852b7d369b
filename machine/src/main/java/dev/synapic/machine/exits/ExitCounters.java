// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.exits;

/** Exits of one virtual CPU: how many of each reason, and their virtual time in picoseconds. Single writer. */
public final class ExitCounters {
    private static final int REASONS = ExitReason.values().length;

    private final long[] count = new long[REASONS];
    private final long[] totalPs = new long[REASONS];
    private final long[] minPs = new long[REASONS];
    private final long[] maxPs = new long[REASONS];

    public void count(ExitReason reason) {
        count[reason.ordinal()]++;
    }

    /** Adds the time from an exit to the entry behind it. */
    public void time(ExitReason reason, long ps) {
        int i = reason.ordinal();
        totalPs[i] += ps;
        minPs[i] = minPs[i] == 0 ? ps : Math.min(minPs[i], ps);
        maxPs[i] = Math.max(maxPs[i], ps);
    }

    public long count(int reasonOrdinal) {
        return count[reasonOrdinal];
    }

    public long countOf(ExitReason reason) {
        return count[reason.ordinal()];
    }

    public long totalPs(ExitReason reason) {
        return totalPs[reason.ordinal()];
    }

    public long minPs(ExitReason reason) {
        return minPs[reason.ordinal()];
    }

    public long maxPs(ExitReason reason) {
        return maxPs[reason.ordinal()];
    }

    public long total() {
        long sum = 0;
        for (long c : count) {
            sum += c;
        }
        return sum;
    }

    /** Adds another processor's figures to these. */
    public void add(ExitCounters other) {
        for (int i = 0; i < REASONS; i++) {
            count[i] += other.count[i];
            totalPs[i] += other.totalPs[i];
            maxPs[i] = Math.max(maxPs[i], other.maxPs[i]);
            if (other.minPs[i] != 0) {
                minPs[i] = minPs[i] == 0 ? other.minPs[i] : Math.min(minPs[i], other.minPs[i]);
            }
        }
    }

    /** What was counted since an earlier copy. Only counts are differences; times are this object's. */
    public long[] countsSince(long[] earlier) {
        long[] difference = counts();
        for (int i = 0; i < REASONS; i++) {
            difference[i] -= earlier[i];
        }
        return difference;
    }

    /** A copy of the counts, by ordinal of the reason. */
    public long[] counts() {
        return count.clone();
    }
}
