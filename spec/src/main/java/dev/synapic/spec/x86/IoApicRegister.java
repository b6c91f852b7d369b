// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** The I/O APIC's window and the registers behind it (82093AA data sheet, 3.1 and 3.2). */
public final class IoApicRegister {
    public static final long DEFAULT_BASE = 0xFEC0_0000L;

    /** Offset of IOREGSEL in the window. */
    public static final int SELECT = 0x00;
    /** Offset of IOWIN. */
    public static final int WINDOW = 0x10;
    /** Offset of the EOI register, which version 0x20 has. */
    public static final int EOI = 0x40;

    /** Index of IOAPICID. */
    public static final int ID = 0x00;
    /** Index of IOAPICVER. */
    public static final int VERSION = 0x01;
    /** Index of IOAPICARB. */
    public static final int ARBITRATION = 0x02;
    /** Index of the low half of entry 0; the high half follows, then entry 1. */
    public static final int REDIRECTION_TABLE = 0x10;

    private IoApicRegister() {}
}
