// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * One page of the interface, which a register places: bit 0 enables it, bits 63:12 are its address. In RAM or over it, as
 * {@link OverlayPages} says.
 *
 * <p>Threading: any thread.
 */
final class OverlayPage {
    static final int WORDS = GuestMemory.PAGE_SIZE / Long.BYTES;
    static final long NOWHERE = -1;

    private static final long ENABLE = 1;
    private static final long GPA_MASK = ~0xFFFL;

    private final OverlayPages owner;
    private final GuestMemory memory;
    private long gpa = NOWHERE;
    /** While the page does not show. */
    private byte[] content = new byte[GuestMemory.PAGE_SIZE];

    OverlayPage(OverlayPages owner, GuestMemory memory) {
        this.owner = owner;
        this.memory = memory;
    }

    // ---- for whom the page is ---------------------------------------------------------------------------------------

    /** The register was written. A page in RAM is left as it is. */
    void moveTo(long register) {
        if (!owner.areOverlays()) {
            return;
        }
        if (isInRam(register)) {
            owner.show(this, register & GPA_MASK);
        } else {
            owner.hide(this);
        }
    }

    /** As {@link #moveTo}; a page in RAM becomes zero where it is enabled. #GP where it is enabled and not RAM. */
    void moveToZeroed(long register) {
        if ((register & ENABLE) != 0 && !isInRam(register)) {
            throw generalProtection();
        }
        moveTo(register);
        if (!owner.areOverlays() && isInRam(register)) {
            memory.fill(register & GPA_MASK, GuestMemory.PAGE_SIZE, (byte) 0);
        }
    }

    /** Back to zero; an overlay is then nowhere, a page in RAM stays where register has it. */
    void reset(long register) {
        if (owner.areOverlays()) {
            owner.hide(this);
            setContent(new byte[GuestMemory.PAGE_SIZE]);
        } else if (isInRam(register)) {
            memory.fill(register & GPA_MASK, GuestMemory.PAGE_SIZE, (byte) 0);
        }
    }

    /** Writes into the page, which is enabled at this address, whether it shows or not. */
    void putInt(long at, int value) {
        synchronized (owner) {
            if (owner.isBeneath(this)) {
                ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putInt(offset(at), value);
            } else {
                memory.putInt(at, value);
            }
        }
    }

    /** As {@link #putInt}. */
    void putLong(long at, long value) {
        synchronized (owner) {
            if (owner.isBeneath(this)) {
                ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putLong(offset(at), value);
            } else {
                memory.putLong(at, value);
            }
        }
    }

    private static int offset(long at) {
        return (int) (at & ~GPA_MASK);
    }

    private boolean isInRam(long register) {
        return (register & ENABLE) != 0 && memory.contains(register & GPA_MASK, GuestMemory.PAGE_SIZE);
    }

    // ---- for its owner ----------------------------------------------------------------------------------------------

    long gpa() {
        return gpa;
    }

    void placed(long at) {
        gpa = at;
    }

    byte[] content() {
        return content;
    }

    void setContent(byte[] bytes) {
        content = bytes;
    }

    /** None for a page of zeros. */
    static List<Long> words(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<Long> words = new ArrayList<>(WORDS);
        boolean zero = true;
        for (int i = 0; i < WORDS; i++) {
            long word = buffer.getLong(i * Long.BYTES);
            zero &= word == 0;
            words.add(word);
        }
        return zero ? List.of() : words;
    }

    static byte[] bytes(List<Long> words) {
        byte[] bytes = new byte[GuestMemory.PAGE_SIZE];
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        words.forEach(buffer::putLong);
        return bytes;
    }
}
