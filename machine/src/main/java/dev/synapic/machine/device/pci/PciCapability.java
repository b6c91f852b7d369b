// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import org.jspecify.annotations.Nullable;

/**
 * An entry of a function's capability list (PCI Local Bus 3.0, 6.7). What it puts in before the function has it is what a reset
 * restores; from then on its bytes are part of the configuration space. Offsets are from the capability's first byte.
 */
public class PciCapability {
    private final byte[] space;
    private final byte[] writable;
    private @Nullable PciFunction function;
    private int offset;

    /** bytes is its length with the id and the link. */
    protected PciCapability(int id, int bytes) {
        space = new byte[bytes];
        writable = new byte[bytes];
        space[0] = (byte) id;
    }

    // ---- for the capability itself

    protected final void put(int at, int size, long value) {
        PciFunction owner = function;
        for (int i = 0; i < size; i++) {
            byte b = (byte) (value >>> 8 * i);
            if (owner == null) {
                space[at + i] = b;
            } else {
                owner.put8(offset + at + i, b);
            }
        }
    }

    protected final void allowWrites(int at, int size, long mask) {
        for (int i = 0; i < size; i++) {
            writable[at + i] = (byte) (mask >>> 8 * i);
        }
    }

    protected final int get16(int at) {
        PciFunction owner = function;
        return owner == null ? space[at] & 0xFF | (space[at + 1] & 0xFF) << 8 : owner.get16(offset + at);
    }

    protected final int get32(int at) {
        return get16(at) | get16(at + 2) << 16;
    }

    /** The guest is about to read there. */
    protected void beforeRead(int at, int size) {}

    /** The guest has written there, and the space holds it. */
    protected void written(int at, int size) {}

    /** Whether interrupts go this way now instead of by the pin. */
    protected boolean replacesPin() {
        return false;
    }

    /** State that is not in the configuration space. */
    protected void reset() {}

    // ---- for the function

    final int bytes() {
        return space.length;
    }

    final void place(PciFunction owner, int at, int next) {
        space[1] = (byte) next;
        for (int i = 0; i < space.length; i++) {
            owner.register(at + i, space[i], writable[i]);
        }
        function = owner;
        offset = at;
    }

    /** The guest reads so many bytes of the function's space. */
    final void functionRead(int from, int size) {
        if (overlaps(from, size)) {
            beforeRead(from - offset, size);
        }
    }

    final void functionWritten(int from, int size) {
        if (overlaps(from, size)) {
            written(from - offset, size);
        }
    }

    private boolean overlaps(int from, int size) {
        return from < offset + space.length && from + size > offset;
    }
}
