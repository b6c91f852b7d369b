// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import static dev.synapic.spec.vmbus.RingLayout.COMPLETION_REQUESTED;
import static dev.synapic.spec.vmbus.RingLayout.DESCRIPTOR_BYTES;
import static dev.synapic.spec.vmbus.RingLayout.FEATURE_BITS;
import static dev.synapic.spec.vmbus.RingLayout.FEATURE_PENDING_SEND_SIZE;
import static dev.synapic.spec.vmbus.RingLayout.INTERRUPT_MASK;
import static dev.synapic.spec.vmbus.RingLayout.PACKET_DATA_USING_GPA_DIRECT;
import static dev.synapic.spec.vmbus.RingLayout.PENDING_SEND_SIZE;
import static dev.synapic.spec.vmbus.RingLayout.READ_INDEX;
import static dev.synapic.spec.vmbus.RingLayout.TRAILER_BYTES;
import static dev.synapic.spec.vmbus.RingLayout.WRITE_INDEX;

import dev.synapic.guestmem.GuestMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ring that the guest writes and the host reads. A guest that spoils it finds it broken until it opens the channel again. */
final class InboundRing {
    private static final int GPA_DIRECT_HEADER = DESCRIPTOR_BYTES + 8;

    private final GuestMemory memory;
    private final GuestBuffer control;
    private final GuestBuffer data;
    private final int size;
    private int read;
    private boolean broken;

    /** ring has at least two pages. */
    InboundRing(GuestMemory memory, GuestBuffer ring) {
        this.memory = memory;
        this.control = ring.pages(0, 1);
        this.data = ring.pages(1, ring.pageCount());
        this.size = data.length();
        this.read = control.getInt(READ_INDEX);
        this.broken = !isIndex(read);
    }

    boolean isBroken() {
        return broken;
    }

    /** Tells the guest that it need not signal. */
    void mask(boolean on) {
        control.putInt(INTERRUPT_MASK, on ? 1 : 0);
    }

    /** The next packet, or null where there is none or the ring is broken. */
    @Nullable
    VmbusPacket next() {
        int write = control.getInt(WRITE_INDEX);
        if (broken || write == read) {
            return null;
        }
        int available = isIndex(write) ? Math.floorMod(write - read, size) : 0;
        byte[] head = new byte[DESCRIPTOR_BYTES];
        if (available < DESCRIPTOR_BYTES + TRAILER_BYTES) {
            broken = true;
            return null;
        }
        copy(head);
        ByteBuffer descriptor = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN);
        int type = Short.toUnsignedInt(descriptor.getShort(0));
        int start = Short.toUnsignedInt(descriptor.getShort(2)) * 8;
        int length = Short.toUnsignedInt(descriptor.getShort(4)) * 8;
        if (start < DESCRIPTOR_BYTES || start > length || length + TRAILER_BYTES > available) {
            broken = true;
            return null;
        }
        byte[] whole = new byte[length];
        copy(whole);
        read = (read + length + TRAILER_BYTES) % size;
        control.putInt(READ_INDEX, read);
        boolean wantsCompletion = (descriptor.getShort(6) & COMPLETION_REQUESTED) != 0;
        byte[] payload = Arrays.copyOfRange(whole, start, length);
        return new VmbusPacket(type, wantsCompletion, descriptor.getLong(8), payload, buffers(type, whole, start));
    }

    private @Nullable List<GuestBuffer> buffers(int type, byte[] whole, int end) {
        if (type != PACKET_DATA_USING_GPA_DIRECT) {
            return List.of();
        }
        if (end < GPA_DIRECT_HEADER) {
            return null;
        }
        ByteBuffer in = ByteBuffer.wrap(whole, 0, end).order(ByteOrder.LITTLE_ENDIAN);
        in.position(GPA_DIRECT_HEADER);
        return GuestBuffer.parse(in, in.getInt(GPA_DIRECT_HEADER - Integer.BYTES), memory);
    }

    /** Space that the guest has, in bytes. */
    int free() {
        int write = control.getInt(WRITE_INDEX);
        return isIndex(write) ? size - Math.floorMod(write - read, size) : 0;
    }

    /** Whether reading has given the guest the space that it waits for: before, it was too little. */
    boolean guestWaitsNoMore(int freeBefore) {
        if ((control.getInt(FEATURE_BITS) & FEATURE_PENDING_SEND_SIZE) == 0) {
            return false;
        }
        long wanted = Integer.toUnsignedLong(control.getInt(PENDING_SEND_SIZE));
        return wanted != 0 && freeBefore <= wanted && free() > wanted;
    }

    private void copy(byte[] into) {
        int first = Math.min(into.length, size - read);
        data.read(read, into, 0, first);
        data.read(0, into, first, into.length - first);
    }

    private boolean isIndex(int index) {
        return index >= 0 && index < size && index % 8 == 0;
    }
}
