// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.msi.MsiPort;
import java.util.Arrays;

/**
 * A device's way to RAM (direct memory access). A 32-bit write to 0xFEExxxxx is a message, as on a PC's buses.
 *
 * <p>Not modelled: accesses to other devices. Threading: the machine's thread.
 */
public final class BusMaster {
    /** No address: the access is refused. */
    public static final long REFUSED = -1;

    /** What stands between the device and RAM. */
    @FunctionalInterface
    public interface Translation {
        /** Nothing. */
        Translation NONE = (address, write) -> address;

        /** Where an access within one page goes, or {@link #REFUSED}. */
        long translate(long address, boolean write);
    }

    private static final long MESSAGES = 0xFEE0_0000L;
    private static final int MESSAGES_SHIFT = 20;
    private static final int MESSAGE_BYTES = 4;

    private final GuestMemory ram;
    private final MsiPort messages;
    private final Translation translation;

    public BusMaster(GuestMemory ram, MsiPort messages, Translation translation) {
        this.ram = ram;
        this.messages = messages;
        this.translation = translation;
    }

    /** Reads RAM; false where it is refused: from there on bytes are ones, as of a read that nobody answers. */
    public boolean read(long address, byte[] into, int at, int length) {
        for (int done = 0; done < length; ) {
            int part = untilPageEnd(address + done, length - done);
            long gpa = reachable(address + done, part, false);
            if (gpa == REFUSED) {
                Arrays.fill(into, at + done, at + length, (byte) -1);
                return false;
            }
            ram.getBytes(gpa, into, at + done, part);
            done += part;
        }
        return true;
    }

    /** Writes RAM, or sends a message; false where it is refused: from there on nothing is written. */
    public boolean write(long address, byte[] from, int at, int length) {
        if (isMessage(address)) {
            return send(address, from, at, length);
        }
        for (int done = 0; done < length; ) {
            int part = untilPageEnd(address + done, length - done);
            long gpa = reachable(address + done, part, true);
            if (gpa == REFUSED) {
                return false;
            }
            ram.putBytes(gpa, from, at + done, part);
            done += part;
        }
        return true;
    }

    private boolean send(long address, byte[] from, int at, int length) {
        if (length != MESSAGE_BYTES || address % MESSAGE_BYTES != 0) {
            return false;
        }
        int data = 0;
        for (int i = MESSAGE_BYTES - 1; i >= 0; i--) {
            data = data << 8 | from[at + i] & 0xFF;
        }
        messages.sendMsi(address, data);
        return true;
    }

    private long reachable(long address, int length, boolean write) {
        if (isMessage(address)) {
            return REFUSED;
        }
        long gpa = translation.translate(address, write);
        return gpa != REFUSED && ram.contains(gpa, length) ? gpa : REFUSED;
    }

    private static boolean isMessage(long address) {
        return address >>> MESSAGES_SHIFT == MESSAGES >>> MESSAGES_SHIFT;
    }

    private static int untilPageEnd(long address, int length) {
        long left = GuestMemory.PAGE_SIZE - (address & GuestMemory.PAGE_SIZE - 1);
        return (int) Math.min(left, length);
    }
}
