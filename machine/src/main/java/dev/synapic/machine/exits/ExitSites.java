// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.exits;

import dev.synapic.cpu.Cpu;
import dev.synapic.guestmem.GuestMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Counts exits by the place in the guest's code where they happen, and by who called it, where that is certain: a kernel writes all its MSRs
 * in one small function, and what one wants to know is for whom.
 *
 * <p>A place is the beginning of the straight run of code in which the exit happened; that is in the same function. Nothing is counted before
 * {@link #record}. Threading: the machine's.
 */
public final class ExitSites {
    /** Places are kept up to here; what comes then is counted as {@link Site#ELSEWHERE}. */
    private static final int MOST_SITES = 1 << 16;

    private static final int FIRST_SLOTS = 1 << 10;
    private static final int USER_MODE = 3;
    private static final ExitReason[] REASONS = ExitReason.values();

    /** Bits of a kind, above them the reason. */
    private static final int IN_USER_MODE = 1;

    private static final int REASON_SHIFT = 1;
    private static final long HASH = 0x9E37_79B9_7F4A_7C15L;

    private final GuestMemory ram;
    private boolean recording;
    private int size;
    private int[] kinds = new int[FIRST_SLOTS];
    private long[] addresses = new long[FIRST_SLOTS];
    private long[] callers = new long[FIRST_SLOTS];
    /** 0: the slot is free. One that stands for its callers counts one more than its exits. */
    private long[] counts = new long[FIRST_SLOTS];

    private boolean[] called = new boolean[FIRST_SLOTS];
    private final long[] elsewhere = new long[REASONS.length];

    public ExitSites(GuestMemory ram) {
        this.ram = ram;
    }

    /**
     * Exits at one place.
     *
     * @param userMode whether at privilege level 3
     * @param address linear address, or {@link #ELSEWHERE}
     * @param caller the address that its function returns to, 0 where that is not certain
     */
    public record Site(ExitReason reason, boolean userMode, long address, long caller, long count) {
        /** All places that were too many to be kept. */
        public static final long ELSEWHERE = -1;
    }

    /** Counts from now on. */
    public void record() {
        recording = true;
    }

    /** An exit of a processor. */
    public void count(ExitReason reason, Cpu cpu) {
        if (!recording) {
            return;
        }
        // HLT is over when its exit is counted, and may have been the last instruction of its function.
        long address = cpu.codeAddress() - (reason == ExitReason.HLT ? 1 : 0);
        int kind = reason.ordinal() << REASON_SHIFT | (cpu.cpl() == USER_MODE ? IN_USER_MODE : 0);
        int slot = find(kind, address, 0);
        if (counts[slot] == 0) {
            slot = enter(slot, kind, address, 0);
            if (slot < 0) {
                return;
            }
            called[slot] = ReturnAddress.of(cpu, ram) != ReturnAddress.NONE;
            counts[slot] = called[slot] ? 1 : 0;
        }
        if (called[slot]) {
            countCaller(kind, address, ReturnAddress.onStack(cpu, ram));
        } else {
            counts[slot]++;
        }
    }

    private void countCaller(int kind, long address, long caller) {
        int slot = find(kind, address, caller);
        if (counts[slot] == 0) {
            slot = enter(slot, kind, address, caller);
        }
        if (slot >= 0) {
            counts[slot]++;
        }
    }

    /** Takes a free slot, or counts the exit as elsewhere and returns -1. */
    private int enter(int slot, int kind, long address, long caller) {
        if (size == MOST_SITES) {
            elsewhere[kind >> REASON_SHIFT]++;
            return -1;
        }
        int free = slot;
        if (++size > kinds.length / 2) {
            grow();
            free = find(kind, address, caller);
        }
        kinds[free] = kind;
        addresses[free] = address;
        callers[free] = caller;
        called[free] = false;
        return free;
    }

    /** The slot of that place, or the free one where it would be. */
    private int find(int kind, long address, long caller) {
        int mask = kinds.length - 1;
        long hash = (address * 31 + caller) * 31 + kind;
        int slot = (int) (hash * HASH >>> 32) & mask;
        while (counts[slot] != 0 && (addresses[slot] != address || callers[slot] != caller || kinds[slot] != kind)) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        int[] oldKinds = kinds;
        long[] oldAddresses = addresses;
        long[] oldCallers = callers;
        long[] oldCounts = counts;
        boolean[] oldCalled = called;
        int slots = oldKinds.length * 2;
        kinds = new int[slots];
        addresses = new long[slots];
        callers = new long[slots];
        counts = new long[slots];
        called = new boolean[slots];
        for (int i = 0; i < oldKinds.length; i++) {
            if (oldCounts[i] != 0) {
                int slot = find(oldKinds[i], oldAddresses[i], oldCallers[i]);
                kinds[slot] = oldKinds[i];
                addresses[slot] = oldAddresses[i];
                callers[slot] = oldCallers[i];
                counts[slot] = oldCounts[i];
                called[slot] = oldCalled[i];
            }
        }
    }

    /** All places with their counts, in no order; the counts of a reason add up to its exits since {@link #record}. */
    public List<Site> sites() {
        List<Site> sites = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            long count = counts[i] - (called[i] ? 1 : 0);
            if (count > 0) {
                boolean user = (kinds[i] & IN_USER_MODE) != 0;
                sites.add(new Site(REASONS[kinds[i] >> REASON_SHIFT], user, addresses[i], callers[i], count));
            }
        }
        Arrays.stream(REASONS)
                .filter(reason -> elsewhere[reason.ordinal()] != 0)
                .forEach(reason -> sites.add(new Site(reason, false, Site.ELSEWHERE, 0, elsewhere[reason.ordinal()])));
        return sites;
    }
}
