// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import static dev.synapic.spec.vmbus.RingLayout.FEATURE_BITS;
import static dev.synapic.spec.vmbus.RingLayout.FEATURE_PENDING_SEND_SIZE;
import static dev.synapic.spec.vmbus.RingLayout.INTERRUPT_MASK;
import static dev.synapic.spec.vmbus.RingLayout.PENDING_SEND_SIZE;
import static dev.synapic.spec.vmbus.RingLayout.READ_INDEX;
import static dev.synapic.spec.vmbus.RingLayout.TRAILER_BYTES;
import static dev.synapic.spec.vmbus.RingLayout.WRITE_INDEX;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The ring that the host writes and the guest reads. */
final class OutboundRing {
    /** What became of a packet. */
    enum Outcome {
        /** The ring was empty, and the guest wants to be told. */
        WRITTEN_SIGNAL,
        WRITTEN,
        /** There is no space; the guest is asked to signal when there is. */
        FULL,
        /** The guest has spoilt the ring. */
        BROKEN
    }

    private final GuestBuffer control;
    private final GuestBuffer data;
    private final int size;
    private int write;

    OutboundRing(GuestBuffer ring) {
        this.control = ring.pages(0, 1);
        this.data = ring.pages(1, ring.pageCount());
        this.size = data.length();
        this.write = control.getInt(WRITE_INDEX);
        control.putInt(FEATURE_BITS, control.getInt(FEATURE_BITS) | FEATURE_PENDING_SEND_SIZE);
    }

    /** packet is a multiple of 8 bytes. A ring is never filled to the last byte: it would look empty. */
    Outcome put(byte[] packet) {
        int read = control.getInt(READ_INDEX);
        int total = packet.length + TRAILER_BYTES;
        if (!isIndex(read) || !isIndex(write) || total >= size) {
            return Outcome.BROKEN;
        }
        if (size - Math.floorMod(write - read, size) <= total) {
            control.putInt(PENDING_SEND_SIZE, total);
            return Outcome.FULL;
        }
        int start = write;
        copy(packet);
        copy(ByteBuffer.allocate(TRAILER_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, (long) start << 32)
                .array());
        control.putInt(WRITE_INDEX, write);
        control.putInt(PENDING_SEND_SIZE, 0);
        boolean wasEmpty = start == read;
        return wasEmpty && control.getInt(INTERRUPT_MASK) == 0 ? Outcome.WRITTEN_SIGNAL : Outcome.WRITTEN;
    }

    private void copy(byte[] bytes) {
        int first = Math.min(bytes.length, size - write);
        data.write(write, bytes, 0, first);
        data.write(0, bytes, first, bytes.length - first);
        write = (write + bytes.length) % size;
    }

    private boolean isIndex(int index) {
        return index >= 0 && index < size && index % 8 == 0;
    }
}
