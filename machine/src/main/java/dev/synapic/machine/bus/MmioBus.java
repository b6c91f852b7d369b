// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Physical addresses that are not RAM, in ranges with a device each. What nobody claims reads as all ones. */
public final class MmioBus {
    private record Range(long first, long last, MmioDevice device) {
        boolean contains(long gpa, int size) {
            return gpa >= first && gpa <= last - (size - 1);
        }
    }

    private final TreeMap<Long, Range> ranges = new TreeMap<>();
    private @Nullable Range latest;
    private WriteWatch watch = WriteWatch.NONE;

    /** Who sees each write first; the last one that is named. */
    public void watch(WriteWatch watcher) {
        watch = watcher;
    }

    /** Gives a device the addresses first to first + length - 1. */
    public void attach(long first, long length, MmioDevice device) {
        if (!isFree(first, length)) {
            throw new IllegalStateException(
                    "0x%x bytes at 0x%x: part of them is another device's".formatted(length, first));
        }
        ranges.put(first, new Range(first, first + length - 1, device));
        latest = null;
    }

    /** Takes the range that begins there from its device. */
    public void detach(long first) {
        ranges.remove(first);
        latest = null;
    }

    /** Whether these are addresses, and nobody's. */
    public boolean isFree(long first, long length) {
        if (first < 0 || length < 1 || first + length < 0) {
            return false;
        }
        Map.Entry<Long, Range> below = ranges.floorEntry(first + length - 1);
        return below == null || below.getValue().last() < first;
    }

    /** Reads 1, 2, 4 or 8 bytes, zero-extended. What crosses the end of a range is nobody's. */
    public long read(long gpa, int size) {
        Range range = find(gpa, size);
        long value = range == null ? -1 : range.device().read(gpa - range.first(), size);
        return value & mask(size);
    }

    public void write(long gpa, int size, long value) {
        if (watch.takes(gpa, size, value & mask(size))) {
            return;
        }
        Range range = find(gpa, size);
        if (range != null) {
            range.device().write(gpa - range.first(), size, value & mask(size));
        }
    }

    private @Nullable Range find(long gpa, int size) {
        Range last = latest;
        if (last != null && last.contains(gpa, size)) {
            return last;
        }
        Map.Entry<Long, Range> below = ranges.floorEntry(gpa);
        if (below == null || !below.getValue().contains(gpa, size)) {
            return null;
        }
        latest = below.getValue();
        return latest;
    }

    private static long mask(int size) {
        return size == 8 ? -1 : (1L << size * 8) - 1;
    }
}
