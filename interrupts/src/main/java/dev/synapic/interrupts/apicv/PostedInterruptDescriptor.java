// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import dev.synapic.interrupts.apic.VectorBitmap;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * What a virtual processor is sent while hardware runs its APIC.
 *
 * <ul>
 *   <li>Models: the 64 bytes of a posted-interrupt descriptor: requests (PIR), outstanding notification (ON), suppression (SN), notification
 *       vector (NV) and destination (NDST).
 *   <li>Spec: SDM vol. 3C, table "Format of Posted-Interrupt Descriptor"; VT-d 5.2.3 for who sends, 9.11 for NV and NDST.
 *   <li>Not modelled: reserved and software bits, which read 0. A sender that finds its request posted already does not leave it at that, as KVM
 *       does: with ON clear it notifies, as VT-d says, so that a request posted under suppression is not forgotten.
 *   <li>Threading: post and suppress from any thread; {@link #take} from one at a time.
 * </ul>
 */
public final class PostedInterruptDescriptor {
    /** Bytes. */
    public static final int SIZE = 64;

    private static final int WORDS = 4;
    private static final int CONTROL = 4;
    private static final long ON = 1;
    private static final long SN = 1 << 1;
    private static final int NV_SHIFT = 16;
    private static final int NDST_SHIFT = 32;
    private static final long KNOWN = ON | SN | 0xFFL << NV_SHIFT | 0xFFFF_FFFFL << NDST_SHIFT;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

    /** PIR, then the quadword at byte 32. */
    private final long[] words = new long[WORDS + 1];

    /** Nothing posted, no notification vector. */
    public PostedInterruptDescriptor() {}

    /** Of its 64 bytes, little-endian; unknown bits are dropped. Throws IllegalArgumentException for another length. */
    public static PostedInterruptDescriptor of(byte[] bytes) {
        if (bytes.length != SIZE) {
            throw new IllegalArgumentException(
                    "a posted-interrupt descriptor has " + SIZE + " bytes, not " + bytes.length);
        }
        PostedInterruptDescriptor descriptor = new PostedInterruptDescriptor();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i <= CONTROL; i++) {
            descriptor.words[i] = buffer.getLong() & (i == CONTROL ? KNOWN : -1);
        }
        return descriptor;
    }

    /** Its 64 bytes. */
    public byte[] bytes() {
        ByteBuffer buffer = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i <= CONTROL; i++) {
            buffer.putLong((long) WORD.getVolatile(words, i));
        }
        return buffer.array();
    }

    /** Where notifications go: a vector of the host, and the APIC id of the processor that runs the guest (xAPIC: in bits 15:8). */
    public void setNotification(int vector, int destination) {
        long notification = (vector & 0xFFL) << NV_SHIFT | (long) destination << NDST_SHIFT;
        long before;
        do {
            before = control();
        } while (!WORD.compareAndSet(words, CONTROL, before, before & (ON | SN) | notification));
    }

    /** NV. */
    public int notificationVector() {
        return (int) (control() >>> NV_SHIFT) & 0xFF;
    }

    /** NDST. */
    public int notificationDestination() {
        return (int) (control() >>> NDST_SHIFT);
    }

    /**
     * Posts a vector, 0 to 255. Returns whether the sender has to send the notification: none is outstanding, and none is suppressed, unless the
     * request is urgent.
     */
    public boolean post(int vector, boolean urgent) {
        WORD.getAndBitwiseOr(words, vector >> 6, 1L << vector);
        long before;
        do {
            before = control();
            if ((before & ON) != 0 || (before & SN) != 0 && !urgent) {
                return false;
            }
        } while (!WORD.compareAndSet(words, CONTROL, before, before | ON));
        return true;
    }

    /** SN: while it is set, as for a virtual processor that is not on any processor, no notification goes out. */
    public void suppress(boolean suppressed) {
        if (suppressed) {
            WORD.getAndBitwiseOr(words, CONTROL, SN);
        } else {
            WORD.getAndBitwiseAnd(words, CONTROL, ~SN);
        }
    }

    /** ON. */
    public boolean outstanding() {
        return (control() & ON) != 0;
    }

    /** SN. */
    public boolean suppressed() {
        return (control() & SN) != 0;
    }

    /** Whether a vector waits, notified or not: what to ask before the processor sleeps. */
    public boolean pending() {
        long any = 0;
        for (int i = 0; i < WORDS; i++) {
            any |= (long) WORD.getVolatile(words, i);
        }
        return any != 0;
    }

    /**
     * Posted-interrupt processing (SDM vol. 3C, 31.6): clears ON, then moves the requests. The order matters: a request that comes between the two
     * notifies once too often, in the other order it would wait without a notification. Returns the highest vector that was moved, or -1.
     */
    public int take(VectorBitmap into) {
        WORD.getAndBitwiseAnd(words, CONTROL, ~ON);
        int highest = -1;
        for (int i = 0; i < WORDS; i++) {
            long requests = (long) WORD.getVolatile(words, i) == 0 ? 0 : (long) WORD.getAndSet(words, i, 0L);
            if (requests != 0) {
                into.setWord(i, into.word(i) | requests);
                highest = (i << 6) + 63 - Long.numberOfLeadingZeros(requests);
            }
        }
        return highest;
    }

    private long control() {
        return (long) WORD.getVolatile(words, CONTROL);
    }
}
