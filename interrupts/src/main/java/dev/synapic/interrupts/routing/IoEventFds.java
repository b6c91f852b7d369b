// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Writes of the guest that become signals of an eventfd.
 *
 * <ul>
 *   <li>Models: KVM_IOEVENTFD: port and memory addresses, lengths 1, 2, 4, 8 or any, datamatch, deassignment; a collision
 *       is refused.
 *   <li>Spec: KVM API, KVM_IOEVENTFD.
 *   <li>Not modelled: KVM's fast memory bus (an address with length 0 is on the one there is), virtio-ccw.
 *   <li>Threading: any thread. Writes look at an immutable snapshot.
 * </ul>
 */
public final class IoEventFds {
    /** The most that may be assigned, as on KVM's bus. */
    public static final int MAX = 1000;

    /** Where an address lies. */
    public enum Space {
        PIO,
        MMIO
    }

    /**
     * What to wait for.
     *
     * @param length of the write in bytes, 0 for any
     * @param datamatch the value to wait for; null for any
     */
    public record Match(
            Space space, long address, int length, @Nullable Long datamatch) {
        private boolean collidesWith(Match other) {
            if (space != other.space || address != other.address) {
                return false;
            }
            if (length == 0 || other.length == 0) {
                return true;
            }
            boolean sameValue = datamatch == null || other.datamatch == null || datamatch.equals(other.datamatch);
            return length == other.length && sameValue;
        }

        private boolean covers(int size, long value) {
            if (length == 0) {
                return true;
            }
            return length == size && (datamatch == null || ((datamatch ^ value) & mask(size)) == 0);
        }

        private static long mask(int size) {
            return size == 8 ? -1 : (1L << 8 * size) - 1;
        }
    }

    private record Entry(Match match, EventFd eventFd) {}

    private static final Entry[] NONE = {};

    /** Sorted by address, unsigned. */
    private volatile Entry[] entries = NONE;

    /** Throws EINVAL for what can never match, EEXIST where another assignment waits for the same writes. */
    public synchronized void assign(Match match, EventFd eventFd) {
        check(match);
        Entry[] old = entries;
        for (Entry entry : old) {
            if (entry.match().collidesWith(match)) {
                throw new IrqChipException(
                        Errno.EEXIST, "address 0x" + Long.toHexString(match.address()) + " is watched already");
            }
        }
        if (old.length == MAX) {
            throw new IrqChipException(Errno.ENOSPC, "at most " + MAX + " ioeventfds; deassign some");
        }
        Entry[] more = Arrays.copyOf(old, old.length + 1);
        more[old.length] = new Entry(match, eventFd);
        Arrays.sort(more, Comparator.comparingLong(entry -> entry.match().address() + Long.MIN_VALUE));
        entries = more;
    }

    private static void check(Match match) {
        boolean knownLength = switch (match.length()) {
            case 0, 1, 2, 4, 8 -> true;
            default -> false;
        };
        if (!knownLength) {
            throw new IrqChipException(Errno.EINVAL, "length is " + match.length() + "; give 0 (any), 1, 2, 4 or 8");
        }
        if (match.length() == 0 && match.datamatch() != null) {
            throw new IrqChipException(Errno.EINVAL, "a datamatch needs a length; give 1, 2, 4 or 8");
        }
        if (Long.compareUnsigned(match.address() + match.length(), match.address()) < 0) {
            throw new IrqChipException(
                    Errno.EINVAL, "address 0x" + Long.toHexString(match.address()) + " has no room for the write");
        }
    }

    /** Throws ENOENT where just this is not assigned. */
    public synchronized void deassign(Match match, EventFd eventFd) {
        Entry[] old = entries;
        Entry[] rest = Arrays.stream(old)
                .filter(entry -> entry.eventFd() != eventFd || !entry.match().equals(match))
                .toArray(Entry[]::new);
        if (rest.length == old.length) {
            throw new IrqChipException(
                    Errno.ENOENT, "address 0x" + Long.toHexString(match.address()) + " is not watched by this eventfd");
        }
        entries = rest;
    }

    /**
     * The guest writes. Signals whoever waits for it.
     *
     * @return whether somebody did, so that the write goes no further
     */
    public boolean write(Space space, long address, int size, long value) {
        Entry[] sorted = entries;
        for (int i = firstAt(sorted, address); i < sorted.length; i++) {
            Match match = sorted[i].match();
            if (match.address() != address) {
                return false;
            }
            if (match.space() == space && match.covers(size, value)) {
                sorted[i].eventFd().signal();
                return true;
            }
        }
        return false;
    }

    private static int firstAt(Entry[] sorted, long address) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(sorted[middle].match().address(), address) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
