// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

/**
 * Which I/O APIC it is.
 *
 * @param version what the version register says, and whether there is an EOI register
 * @param destination which bits of an entry's upper half exist
 * @param tracksRtc whether pin 8 reports requests as coalesced until every processor that got the last one has ended it
 *     (KVM's help for guests that count RTC interrupts); hardware does not
 */
public record IoApicModel(Version version, Destination destination, boolean tracksRtc) {
    /** What bits 7:0 of the version register say, and with it how remote-IRR can be cleared. */
    public enum Version {
        /** 82093AA, KVM, Xen. A guest clears remote-IRR by making an entry edge-triggered for a moment. */
        V11(0x11),
        /** ICH and later, QEMU, crosvm: with EOI register. */
        V20(0x20);

        private final int number;

        Version(int number) {
            this.number = number;
        }

        /** Bits 7:0 of the version register. */
        public int number() {
            return number;
        }
    }

    /** Which bits of an entry's upper half can be written, and so which destinations it has. */
    public enum Destination {
        /** Bits 63:56. */
        EIGHT_BITS(0xFF00_0000_0000_0000L),
        /** Bits 63:49, of which 55:49 are destination bits 14:8 (MSI_EXT_DEST_ID). */
        FIFTEEN_BITS(0xFFFE_0000_0000_0000L),
        /** Bits 63:48, as a remapping unit wants them (VT-d, 5.1.2.1); its messages need one behind the port. */
        REMAPPABLE(0xFFFF_0000_0000_0000L);

        private final long writable;

        Destination(long writable) {
            this.writable = writable;
        }

        long writable() {
            return writable;
        }
    }

    /** KVM's. */
    public static final IoApicModel V11 = new IoApicModel(Version.V11, Destination.EIGHT_BITS, false);
    /** With EOI register. */
    public static final IoApicModel V20 = new IoApicModel(Version.V20, Destination.EIGHT_BITS, false);

    /** The same with other destinations. */
    public IoApicModel with(Destination other) {
        return new IoApicModel(version, other, tracksRtc);
    }
}
