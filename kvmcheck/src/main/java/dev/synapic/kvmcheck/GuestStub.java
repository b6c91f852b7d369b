// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/**
 * The program of the guest: fragments of 32-bit code without paging that do one access each and tell the VMM by a port, and handlers that
 * tell which vector came. The VMM sets the instruction pointer and the registers before each run.
 */
final class GuestStub {
    static final long MEMORY_BYTES = 0x10000;
    static final long STACK_TOP = 0x8000;

    static final int PORT_DONE = 0x80;
    static final int PORT_VECTOR = 0x81;
    static final int PORT_NMI = 0x83;

    static final int CODE_SELECTOR = 8;
    static final int DATA_SELECTOR = 16;
    static final int GDT = 0x800;
    static final int GDT_LIMIT = 23;
    static final int IDT = 0x1000;
    static final int IDT_LIMIT = 0x7FF;

    private static final int HANDLERS = 0x2000;
    private static final int HANDLER_BYTES = 16;
    private static final int FRAGMENTS = 0x4000;
    private static final int FRAGMENT_BYTES = 32;
    private static final int NMI = 2;
    private static final int VECTORS = 256;
    private static final int INTERRUPT_GATE = 0x8E00;

    /** What a fragment does; registers are its arguments, EAX its result. */
    enum Fragment {
        /** WRMSR of ECX with EDX:EAX. */
        WRITE_MSR("0F30"),
        /** RDMSR of ECX into EDX:EAX. */
        READ_MSR("0F32"),
        /** MOV [EBX], EAX. */
        WRITE_MEMORY("8903"),
        /** MOV EAX, [EBX]. */
        READ_MEMORY("8B03"),
        /** MOV [EBX], ECX; MOV [EBX+0x10], EAX: index and data of the I/O APIC. */
        WRITE_WINDOW("890B894310"),
        /** MOV [EBX], ECX; MOV EAX, [EBX+0x10]. */
        READ_WINDOW("890B8B4310"),
        /** MOV [EBX+0x310], ECX; MOV [EBX+0x300], EAX: the halves of ICR in the APIC's page. */
        WRITE_ICR("898B10030000898300030000"),
        /** OUT DX, AL. */
        WRITE_PORT("EE"),
        /** XOR EAX, EAX; IN AL, DX. */
        READ_PORT("31C0EC"),
        /** STI; NOP; NOP; CLI. */
        LET_IN("FB9090FA");

        private final String code;

        Fragment(String code) {
            this.code = code;
        }

        long address() {
            return FRAGMENTS + (long) ordinal() * FRAGMENT_BYTES;
        }
    }

    private GuestStub() {}

    /** Puts tables, handlers and fragments into the guest's memory, which begins at address 0. */
    static void install(MemorySegment memory) {
        // Flat segments of 4 GiB: code, and data that can be written.
        memory.set(ValueLayout.JAVA_LONG, GDT + CODE_SELECTOR, 0x00CF_9B00_0000_FFFFL);
        memory.set(ValueLayout.JAVA_LONG, GDT + DATA_SELECTOR, 0x00CF_9300_0000_FFFFL);
        for (int vector = 0; vector < VECTORS; vector++) {
            int handler = HANDLERS + vector * HANDLER_BYTES;
            memory.set(ValueLayout.JAVA_INT, IDT + vector * 8L, CODE_SELECTOR << 16 | handler);
            memory.set(ValueLayout.JAVA_INT, IDT + vector * 8L + 4, INTERRUPT_GATE);
            if (vector == NMI) {
                // OUT PORT_NMI, AL; IRET
                put(memory, handler, 0xE6, PORT_NMI, 0xCF);
            } else {
                // MOV EAX, vector; OUT PORT_VECTOR, EAX; JMP itself
                put(memory, handler, 0xB8, vector, 0, 0, 0, 0xE7, PORT_VECTOR, 0xEB, 0xFE);
            }
        }
        for (Fragment fragment : Fragment.values()) {
            int at = (int) fragment.address();
            byte[] code = HexFormat.of().parseHex(fragment.code);
            MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, at, code.length);
            // OUT PORT_DONE, EAX; JMP itself
            put(memory, at + code.length, 0xE7, PORT_DONE, 0xEB, 0xFE);
        }
    }

    private static void put(MemorySegment memory, int at, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            memory.set(ValueLayout.JAVA_BYTE, at + (long) i, (byte) bytes[i]);
        }
    }
}
