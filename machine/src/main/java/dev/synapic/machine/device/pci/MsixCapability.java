// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.machine.bus.MmioDevice;
import java.util.BitSet;

/**
 * The MSI-X capability of a function, with its table and pending bits in a BAR of their own.
 *
 * <ul>
 *   <li>Models: enable and function mask, per vector address, data, mask and pending bit. What comes while a vector is masked is sent
 *       once when it is unmasked.
 *   <li>Spec: PCI Local Bus 3.0, 6.8.2.
 *   <li>Not modelled: accesses that are not 4 or 8 bytes wide and aligned, whose result is undefined: they do nothing.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class MsixCapability extends PciCapability implements MmioDevice {
    /** Of the BAR. */
    public static final int BAR_BYTES = 4096;
    /** As many as the half of the BAR has room for. */
    public static final int MOST_VECTORS = 128;

    private static final int ID = 0x11;
    private static final int BYTES = 12;
    private static final int CONTROL = 2;
    private static final int TABLE = 4;
    private static final int PENDING = 8;
    private static final int ENABLE = 1 << 15;
    private static final int FUNCTION_MASK = 1 << 14;

    private static final int PENDING_OFFSET = 0x800;
    /** An entry: address, its upper half, data, control. */
    private static final int ENTRY_WORDS = 4;

    private static final int ENTRY_CONTROL = 3;
    private static final int MASKED = 1;

    private final MsiPort messages;
    private final int vectors;
    private final int[] table;
    private final BitSet pending = new BitSet();

    /** bar is the index of the BAR that the function gives this capability. */
    public MsixCapability(MsiPort messages, int vectors, int bar) {
        super(ID, BYTES);
        if (vectors < 1 || vectors > MOST_VECTORS) {
            throw new IllegalArgumentException("%d vectors: 1 to %d".formatted(vectors, MOST_VECTORS));
        }
        this.messages = messages;
        this.vectors = vectors;
        this.table = new int[vectors * ENTRY_WORDS];
        put(CONTROL, 2, vectors - 1);
        allowWrites(CONTROL, 2, ENABLE | FUNCTION_MASK);
        put(TABLE, 4, bar);
        put(PENDING, 4, PENDING_OFFSET | bar);
        reset();
    }

    /** Every vector is masked (6.8.2.9). */
    @Override
    protected void reset() {
        for (int vector = 0; vector < vectors; vector++) {
            table[vector * ENTRY_WORDS + ENTRY_CONTROL] = MASKED;
        }
        pending.clear();
    }

    public int vectors() {
        return vectors;
    }

    /** Whether the guest wants messages instead of the pin. */
    public boolean enabled() {
        return (get16(CONTROL) & ENABLE) != 0;
    }

    @Override
    protected boolean replacesPin() {
        return enabled();
    }

    /** Sends a vector's message, or leaves it pending. */
    public void send(int vector) {
        if (!enabled()) {
            return;
        }
        if (masked(vector)) {
            pending.set(vector);
            return;
        }
        pending.clear(vector);
        int entry = vector * ENTRY_WORDS;
        messages.sendMsi(table[entry] & 0xFFFF_FFFFL | (long) table[entry + 1] << 32, table[entry + 2]);
    }

    private boolean masked(int vector) {
        return (get16(CONTROL) & FUNCTION_MASK) != 0 || (table[vector * ENTRY_WORDS + ENTRY_CONTROL] & MASKED) != 0;
    }

    @Override
    protected void written(int at, int size) {
        sendUnmasked();
    }

    private void sendUnmasked() {
        if (!enabled() || pending.isEmpty()) {
            return;
        }
        for (int vector = pending.nextSetBit(0); vector >= 0; vector = pending.nextSetBit(vector + 1)) {
            send(vector);
        }
    }

    // ---- the BAR

    @Override
    public long read(long offset, int size) {
        if (!aligned(offset, size)) {
            return -1;
        }
        long low = word((int) offset) & 0xFFFF_FFFFL;
        return size == 4 ? low : low | (long) word((int) offset + 4) << 32;
    }

    private int word(int offset) {
        if (offset < PENDING_OFFSET) {
            return offset / 4 < table.length ? table[offset / 4] : 0;
        }
        int first = (offset - PENDING_OFFSET) * 8;
        int word = 0;
        for (int bit = 0; bit < Integer.SIZE; bit++) {
            word |= pending.get(first + bit) ? 1 << bit : 0;
        }
        return word;
    }

    @Override
    public void write(long offset, int size, long value) {
        if (!aligned(offset, size)) {
            return;
        }
        put((int) offset, (int) value);
        if (size == 8) {
            put((int) offset + 4, (int) (value >>> 32));
        }
        sendUnmasked();
    }

    private void put(int offset, int value) {
        int index = offset / 4;
        if (index < table.length) {
            table[index] = switch (index % ENTRY_WORDS) {
                case 0 -> value & ~3;
                case ENTRY_CONTROL -> value & MASKED;
                default -> value;
            };
        }
    }

    private static boolean aligned(long offset, int size) {
        return size >= 4 && offset % size == 0;
    }
}
