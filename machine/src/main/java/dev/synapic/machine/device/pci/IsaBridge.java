// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

/**
 * The ISA bridge at 00:01.0, which routes the four PCI interrupt links.
 *
 * <p>Models: the ids of a PIIX3, its registers PIRQRCA to PIRQRCD. Spec: Intel PIIX3 data sheet (290550), 2.2.11. Not modelled: the
 * rest of its function 0, IDE, USB. A link's GSI is the number of its ISA interrupt, also in APIC mode, as the DSDT says. Threading:
 * the machine's thread.
 */
public final class IsaBridge {
    public static final int SLOT = 1;

    private static final PciId ID = PciId.qemu(0x8086, 0x7000, 0, 0x06_0100);
    private static final int FIRST_ROUTE = 0x60;
    private static final int LINKS = 4;
    private static final int NOT_ROUTED = 0x80;
    private static final int ROUTE_BITS = 0x8F;
    /** Interrupts that the chip can route to (data sheet, table of PIRQRC bits 3:0): 3 to 7, 9 to 12, 14 and 15. */
    private static final int ROUTABLE = 0xDEF8;

    private static final int FIRST_GSI = 10;

    private final PciFunction function = new PciFunction(ID);

    IsaBridge() {
        for (int link = 0; link < LINKS; link++) {
            function.register(FIRST_ROUTE + link, NOT_ROUTED, ROUTE_BITS);
        }
    }

    PciFunction function() {
        return function;
    }

    /** The GSI that firmware gives a link: links 0 and 1 share 10, links 2 and 3 share 11. */
    public static int firmwareGsi(int link) {
        return FIRST_GSI + link / 2;
    }

    void routeAsFirmware() {
        for (int link = 0; link < LINKS; link++) {
            function.register(FIRST_ROUTE + link, firmwareGsi(link), ROUTE_BITS);
        }
    }

    /** Where a link leads, or -1. */
    int gsiOfLink(int link) {
        int route = function.get8(FIRST_ROUTE + link);
        boolean routed = (route & NOT_ROUTED) == 0 && (ROUTABLE >> (route & 0xF) & 1) != 0;
        return routed ? route & 0xF : -1;
    }
}
