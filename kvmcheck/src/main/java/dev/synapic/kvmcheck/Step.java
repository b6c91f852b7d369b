// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.util.Locale;

/**
 * One thing that happens to both sides.
 *
 * @param vcpu index of the virtual CPU that does it; 0 where it is none's
 * @param at what it happens to, by the kind
 * @param value by the kind
 */
record Step(Kind kind, int vcpu, int at, long value) {
    enum Kind {
        /** KVM_IRQ_LINE_STATUS: at is the GSI, value its level. */
        LINE(false),
        /** KVM_SIGNAL_MSI: at is the data, value the address. */
        MSI(false),
        /** A signal of irqfd number at. */
        SIGNAL(false),
        /** KVM_SET_GSI_ROUTING: GSI number at becomes a message with data in 63:32 and address in 31:0 of value. */
        ROUTE(false),
        /** Writes the register at an offset of the APIC's page, in x2APIC mode by its MSR. */
        WRITE_APIC(true),
        /** Reads it. */
        READ_APIC(true),
        /** Writes ICR: at is the low half, value the destination. */
        IPI(true),
        /** WRMSR, whatever the mode. */
        WRITE_MSR(true),
        /** RDMSR, whatever the mode. */
        READ_MSR(true),
        /** Writes a register of the I/O APIC through its window. */
        WRITE_IOAPIC(true),
        /** Reads it. */
        READ_IOAPIC(true),
        /** Writes a byte to a port of the 8259A pair. */
        WRITE_PORT(true),
        /** Reads one. */
        READ_PORT(true),
        /** Interrupts are let in for a moment: takes the one that is due. */
        TAKE(true),
        /** KVM_GET_LAPIC and KVM_SET_LAPIC of the same page. */
        RELOAD(false);

        private final boolean guest;

        Kind(boolean guest) {
            this.guest = guest;
        }

        /** Whether the virtual CPU must run for it. */
        boolean guest() {
            return guest;
        }
    }

    /** As it stands in a reproducer, one line. */
    String encode() {
        return "%s %d %x %x".formatted(kind.name().toLowerCase(Locale.ROOT), vcpu, at, value);
    }

    /** Reads what {@link #encode} wrote. Throws IllegalArgumentException for anything else. */
    static Step decode(String line) {
        String[] words = line.trim().split(" ", -1);
        if (words.length != 4) {
            throw new IllegalArgumentException("a step is a kind and three numbers, not '" + line + "'");
        }
        return new Step(
                Kind.valueOf(words[0].toUpperCase(Locale.ROOT)),
                Integer.parseInt(words[1]),
                Integer.parseUnsignedInt(words[2], 16),
                Long.parseUnsignedLong(words[3], 16));
    }
}
