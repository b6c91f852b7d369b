// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import dev.synapic.guestmem.GuestMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Guest RAM that a GPA range names: bytes of pages which need not be neighbours. All of it was RAM when the range was
 * read, and RAM stays RAM. Callers stay within {@link #length}.
 */
public final class GuestBuffer {
    private static final int PAGE = GuestMemory.PAGE_SIZE;
    private static final int MOST_BYTES = 64 << 20;
    private static final int RANGE_HEADER = 8;
    /** Beyond any RAM, and far from where a shift would overflow. */
    private static final long MOST_PFN = 1L << 40;

    private final GuestMemory memory;
    private final long[] pages;
    private final int offset;
    private final int length;

    private GuestBuffer(GuestMemory memory, long[] pages, int offset, int length) {
        this.memory = memory;
        this.pages = pages;
        this.offset = offset;
        this.length = length;
    }

    /**
     * Reads count ranges (byte count, byte offset, page numbers), which must end where in ends; null where they do not, or
     * one is empty, above 64 MiB, or not all RAM.
     */
    static @Nullable List<GuestBuffer> parse(ByteBuffer in, int count, GuestMemory memory) {
        List<GuestBuffer> ranges = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            GuestBuffer range = in.remaining() < RANGE_HEADER ? null : range(in, memory);
            if (range == null) {
                return null;
            }
            ranges.add(range);
        }
        return in.hasRemaining() ? null : ranges;
    }

    private static @Nullable GuestBuffer range(ByteBuffer in, GuestMemory memory) {
        int bytes = in.getInt();
        int offset = in.getInt();
        if (bytes <= 0 || bytes > MOST_BYTES || offset < 0 || offset >= PAGE) {
            return null;
        }
        int pages = offset + bytes + PAGE - 1 >> GuestMemory.PAGE_SHIFT;
        if (in.remaining() < pages * Long.BYTES) {
            return null;
        }
        long[] gpas = new long[pages];
        for (int i = 0; i < pages; i++) {
            long pfn = in.getLong();
            if (pfn < 0 || pfn > MOST_PFN || !memory.contains(pfn << GuestMemory.PAGE_SHIFT, PAGE)) {
                return null;
            }
            gpas[i] = pfn << GuestMemory.PAGE_SHIFT;
        }
        return new GuestBuffer(memory, gpas, offset, bytes);
    }

    /** In bytes. */
    public int length() {
        return length;
    }

    boolean isWholePages() {
        return offset == 0 && length % PAGE == 0;
    }

    int pageCount() {
        return pages.length;
    }

    /** Pages first to end - 1 of a buffer of whole pages. */
    GuestBuffer pages(int first, int end) {
        long[] some = Arrays.copyOfRange(pages, first, end);
        return new GuestBuffer(memory, some, 0, some.length * PAGE);
    }

    public void read(int from, byte[] into, int at, int count) {
        int done = 0;
        while (done < count) {
            int place = offset + from + done;
            int chunk = Math.min(count - done, PAGE - place % PAGE);
            memory.getBytes(gpa(place), into, at + done, chunk);
            done += chunk;
        }
    }

    public void write(int to, byte[] bytes, int at, int count) {
        int done = 0;
        while (done < count) {
            int place = offset + to + done;
            int chunk = Math.min(count - done, PAGE - place % PAGE);
            memory.putBytes(gpa(place), bytes, at + done, chunk);
            done += chunk;
        }
    }

    /** An aligned word of a buffer of whole pages. */
    int getInt(int at) {
        return memory.getInt(gpa(at));
    }

    void putInt(int at, int value) {
        memory.putInt(gpa(at), value);
    }

    private long gpa(int place) {
        return pages[place >> GuestMemory.PAGE_SHIFT] + place % PAGE;
    }
}
