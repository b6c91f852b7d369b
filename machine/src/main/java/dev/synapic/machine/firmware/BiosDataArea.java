// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.device.SerialPort;

/** The few words of the BIOS data area that guests look at (IBM PC AT Technical Reference, "BIOS data area"). */
public final class BiosDataArea {
    private static final int COM1_PORT = 0x400;
    private static final int COM2_PORT = 0x402;
    private static final int EBDA_SEGMENT = 0x40E;
    private static final int BASE_MEMORY_KIB = 0x413;

    private BiosDataArea() {}

    /** com2 tells whether there is a second serial port. */
    public static void write(GuestMemory ram, boolean com2) {
        ram.putShort(COM1_PORT, (short) SerialPort.COM1);
        ram.putShort(COM2_PORT, (short) (com2 ? SerialPort.COM2 : 0));
        ram.putShort(EBDA_SEGMENT, (short) (MemoryMap.EBDA >> 4));
        ram.putShort(BASE_MEMORY_KIB, (short) (MemoryMap.EBDA >> 10));
        // The extended area's first byte is its size in KiB.
        ram.putByte(MemoryMap.EBDA, (byte) 1);
    }
}
