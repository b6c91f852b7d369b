// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HvMessage;
import java.util.concurrent.atomic.AtomicInteger;

/** Guest RAM of which each state of a test gets 256 bytes; used again when a million states have had theirs. */
final class GuestSlots {
    static final GuestMemory MEMORY = GuestMemory.allocate(256L << 20);

    private static final int SLOTS_PER_PAGE = GuestMemory.PAGE_SIZE / HvMessage.SIZE;
    private static final int SLOTS = 1 << 20;
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final long page;
    private final int sint;

    GuestSlots() {
        int slot = NEXT.getAndIncrement() & SLOTS - 1;
        page = (long) (slot / SLOTS_PER_PAGE) * GuestMemory.PAGE_SIZE;
        sint = slot % SLOTS_PER_PAGE;
        MEMORY.fill(gpa(), HvMessage.SIZE, (byte) 0);
    }

    /** SIMP or SIEFP, enabled. */
    long register() {
        return page | 1;
    }

    int sint() {
        return sint;
    }

    long gpa() {
        return HvMessage.slotGpa(page, sint);
    }

    void putType(int type) {
        MEMORY.putInt(gpa() + HvMessage.TYPE_OFFSET, type);
    }

    int type() {
        return MEMORY.getInt(gpa() + HvMessage.TYPE_OFFSET);
    }

    boolean pending() {
        return (MEMORY.getByte(gpa() + HvMessage.FLAGS_OFFSET) & HvMessage.MESSAGE_PENDING) != 0;
    }

    /** As a guest clears a bit of the slot's first word, atomically. Returns the bit. */
    int takeFlag(int bit) {
        int old;
        do {
            old = MEMORY.getInt(gpa());
        } while (!MEMORY.compareAndSetInt(gpa(), old, old & ~bit));
        return old & bit;
    }
}
