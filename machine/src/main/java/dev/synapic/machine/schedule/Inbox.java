// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

import java.util.Arrays;

/**
 * Interrupt requests on their way to one virtual CPU, in the order in which they take effect. A request does not exist for its
 * target before its time (design decision D3).
 *
 * <p>A ring that is sorted at insertion; requests nearly always come in time order. Allocates only when it grows.
 */
public final class Inbox {
    private long[] timePs = new long[16];
    private int[] request = new int[16];
    private int[] sender = new int[16];
    private long[] senderRip = new long[16];
    private int head;
    private int size;

    /** Adds a request (packed as ICR low) that takes effect at ps; requests of equal time keep their order. */
    public void add(long ps, int newRequest, int newSender, long rip) {
        if (size == timePs.length) {
            grow();
        }
        int i = size++;
        while (i > 0 && timePs[slot(i - 1)] > ps) {
            move(slot(i - 1), slot(i));
            i--;
        }
        int slot = slot(i);
        timePs[slot] = ps;
        request[slot] = newRequest;
        sender[slot] = newSender;
        senderRip[slot] = rip;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** When the first request takes effect, or {@link VirtualTime#NEVER}. */
    public long firstPs() {
        return size == 0 ? VirtualTime.NEVER : timePs[head];
    }

    public int firstRequest() {
        return request[head];
    }

    /** Number of the virtual CPU that sent the first request, or -1 for a device. */
    public int firstSender() {
        return sender[head];
    }

    /** Where the sender executed when it sent. */
    public long firstSenderRip() {
        return senderRip[head];
    }

    public void removeFirst() {
        head = slot(1);
        size--;
    }

    public void clear() {
        size = 0;
    }

    private int slot(int i) {
        return head + i & timePs.length - 1;
    }

    private void move(int from, int to) {
        timePs[to] = timePs[from];
        request[to] = request[from];
        sender[to] = sender[from];
        senderRip[to] = senderRip[from];
    }

    private void grow() {
        int old = timePs.length;
        timePs = rotated(timePs, Arrays.copyOf(timePs, old * 2));
        senderRip = rotated(senderRip, Arrays.copyOf(senderRip, old * 2));
        request = rotated(request, Arrays.copyOf(request, old * 2));
        sender = rotated(sender, Arrays.copyOf(sender, old * 2));
        head = 0;
    }

    private long[] rotated(long[] from, long[] to) {
        for (int i = 0; i < size; i++) {
            to[i] = from[head + i & from.length - 1];
        }
        return to;
    }

    private int[] rotated(int[] from, int[] to) {
        for (int i = 0; i < size; i++) {
            to[i] = from[head + i & from.length - 1];
        }
        return to;
    }
}
