// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.guestmem.GuestMemory;
import java.util.HexFormat;

/**
 * A machine for a {@link TinyGuest} that takes interrupts: the test puts descriptor tables and handlers into its memory. Handlers are
 * listings as {@link TinyGuest#of} takes them.
 */
final class InterruptedGuest implements AutoCloseable {
    /** What a guest begins with: its tables, a stack, and its local APIC software-enabled. */
    static final String PRELUDE = """
        0f 01 15 00 00 18 00          ; lgdt [0x180000]
        0f 01 1d 08 00 18 00          ; lidt [0x180008]
        bc 00 00 17 00                ; mov esp, 0x170000
        c7 05 f0 00 e0 fe ff 01 00 00 ; mov dword [0xfee000f0], 0x1ff
        """;

    /** A page that guests may use. */
    static final long PAGE = 0x19_0000;

    private static final long TABLE_REGISTERS = 0x18_0000;
    private static final long GDT = 0x18_0100;
    private static final long IDT = 0x18_1000;
    private static final long HANDLERS = 0x18_2000;
    private static final int HANDLER_BYTES = 64;
    private static final long CODE_SEGMENT = 0x00CF_9B00_0000_FFFFL;
    private static final long DATA_SEGMENT = 0x00CF_9300_0000_FFFFL;
    private static final long INTERRUPT_GATE = 0x0000_8E00_0008_0000L;

    private final Machine machine;

    InterruptedGuest(String listing, MachineConfig config) {
        machine = new Machine(config);
        machine.loadMultiboot("tiny", TinyGuest.of(PRELUDE + listing), "");
        GuestMemory ram = machine.memory();
        ram.putLong(GDT + 8, CODE_SEGMENT);
        ram.putLong(GDT + 16, DATA_SEGMENT);
        ram.putLong(TABLE_REGISTERS, GDT << 16 | 23);
        ram.putLong(TABLE_REGISTERS + 8, IDT << 16 | 0x7FF);
    }

    InterruptedGuest handler(int vector, String listing) {
        long gpa = HANDLERS + (long) vector * HANDLER_BYTES;
        byte[] code = HexFormat.of().parseHex(listing.replaceAll(";.*|\\s", ""));
        machine.memory().putBytes(gpa, code);
        machine.memory().putLong(IDT + vector * 8L, INTERRUPT_GATE | gpa & 0xFFFF | gpa >>> 16 << 48);
        return this;
    }

    Machine machine() {
        return machine;
    }

    RunResult run() {
        return machine.run();
    }

    @Override
    public void close() {
        machine.close();
    }
}
