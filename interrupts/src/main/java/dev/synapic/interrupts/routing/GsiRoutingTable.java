// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import dev.synapic.spec.x86.Msi;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which way each GSI goes; immutable. A new table replaces the old one as a whole.
 *
 * <ul>
 *   <li>Models: KVM_SET_GSI_ROUTING's table with IRQCHIP, MSI and HV_SINT entries, and the reverse maps from SINT, pin
 *       and vector to GSI, which are computed with the table, so that no entry of an earlier table can survive in them.
 *   <li>Spec: KVM API, KVM_SET_GSI_ROUTING.
 *   <li>Not modelled: s390 and Xen event-channel entries, entry flags (MSI_VALID_DEVID).
 *   <li>Threading: immutable.
 * </ul>
 */
public final class GsiRoutingTable {
    /** GSIs are below this (KVM_MAX_IRQ_ROUTES). */
    public static final int MAX_GSI = 4096;

    private static final GsiRoute[] NONE = {};
    private static final int[] NO_GSIS = {};
    private static final int CHIPS = 3;
    private static final int PINS_PER_CHIP = 24;

    /** No GSI leads anywhere: every interrupt chip's table before its VMM sets one. */
    public static final GsiRoutingTable EMPTY = new GsiRoutingTable(List.of());

    private final List<GsiRoute> entries;
    private final GsiRoute[][] byGsi;
    /** Sorted as signed: VP index in 63:32, SINT in 31:12, GSI in 11:0. */
    private final long[] sintKeys;
    /** By chip and pin. */
    private final int[][] gsisOfPins = new int[CHIPS * PINS_PER_CHIP][];
    /** Sorted: vector in 19:12, GSI in 11:0, of messages that have a vector. */
    private final int[] vectorKeys;

    private GsiRoutingTable(List<GsiRoute> entries) {
        this.entries = entries;
        int highest = -1;
        for (GsiRoute entry : entries) {
            highest = Math.max(highest, entry.gsi());
        }
        byGsi = new GsiRoute[highest + 1][];
        Arrays.fill(byGsi, NONE);
        for (GsiRoute entry : entries) {
            GsiRoute[] old = byGsi[entry.gsi()];
            GsiRoute[] longer = Arrays.copyOf(old, old.length + 1);
            longer[old.length] = entry;
            byGsi[entry.gsi()] = longer;
        }
        sintKeys = entries.stream()
                .filter(GsiRoute.HvSint.class::isInstance)
                .map(GsiRoute.HvSint.class::cast)
                .filter(route -> route.sint() >= 0 && route.sint() < 1 << 20)
                .mapToLong(route -> key(route.vpIndex(), route.sint()) | route.gsi())
                .sorted()
                .toArray();
        vectorKeys = entries.stream()
                .filter(route -> route instanceof GsiRoute.Msi msi && hasVector(msi))
                .mapToInt(route -> Msi.vector(((GsiRoute.Msi) route).data()) << 12 | route.gsi())
                .sorted()
                .toArray();
        fillPins();
    }

    private void fillPins() {
        Arrays.fill(gsisOfPins, NO_GSIS);
        for (GsiRoute entry : entries) {
            if (entry instanceof GsiRoute.IrqChipPin pin && pin.pin() >= 0 && pin.pin() < PINS_PER_CHIP) {
                int index = pin.chip() * PINS_PER_CHIP + pin.pin();
                int[] old = gsisOfPins[index];
                gsisOfPins[index] = Arrays.copyOf(old, old.length + 1);
                gsisOfPins[index][old.length] = pin.gsi();
            }
        }
    }

    /**
     * A PC's: GSI 0 to 15 lead to the 8259A pair and the IOAPIC, 16 to 23 to the IOAPIC. The timer's GSI 0 is wired to
     * IOAPIC pin 2, as the MADT of a PC says by its override; input 2 of the 8259A is the cascade, so GSI 2 leads nowhere.
     */
    public static GsiRoutingTable pc() {
        List<GsiRoute> routes = new ArrayList<>();
        for (int gsi = 0; gsi < PINS_PER_CHIP; gsi++) {
            if (gsi == 2) {
                continue;
            }
            if (gsi < 16) {
                routes.add(new GsiRoute.IrqChipPin(gsi, gsi < 8 ? IrqChips.MASTER : IrqChips.SLAVE, gsi & 7));
            }
            routes.add(new GsiRoute.IrqChipPin(gsi, IrqChips.IOAPIC, gsi == 0 ? 2 : gsi));
        }
        return of(routes);
    }

    /** Checks and freezes a table. Throws EINVAL as KVM does. */
    public static GsiRoutingTable of(List<? extends GsiRoute> routes) {
        List<GsiRoute> checked = List.copyOf(routes);
        if (checked.size() > MAX_GSI) {
            throw new IrqChipException(Errno.EINVAL, "at most " + MAX_GSI + " routes, got " + checked.size());
        }
        GsiRoute[] first = new GsiRoute[MAX_GSI];
        int[] chips = new int[MAX_GSI];
        for (GsiRoute route : checked) {
            check(route, first, chips);
        }
        return new GsiRoutingTable(checked);
    }

    private static void check(GsiRoute route, GsiRoute[] first, int[] chips) {
        int gsi = route.gsi();
        if (gsi < 0 || gsi >= MAX_GSI) {
            throw new IrqChipException(
                    Errno.EINVAL, "gsi " + Integer.toUnsignedString(gsi) + " is not below " + MAX_GSI);
        }
        if (route instanceof GsiRoute.Msi msi && (msi.address() >>> 32 & 0xFF) != 0) {
            throw new IrqChipException(Errno.EINVAL, "gsi " + gsi + ": MSI address bits 39:32 are reserved, use 63:40");
        }
        int chip = route instanceof GsiRoute.IrqChipPin pin ? pin.chip() : 0;
        if (chip < 0 || chip > 2) {
            throw new IrqChipException(Errno.EINVAL, "gsi " + gsi + ": no chip " + chip + ", chips are 0 to 2");
        }
        GsiRoute other = first[gsi];
        if (other == null) {
            first[gsi] = route;
            chips[gsi] = 1 << chip;
            return;
        }
        boolean pins = route instanceof GsiRoute.IrqChipPin && other instanceof GsiRoute.IrqChipPin;
        if (!pins || (chips[gsi] & 1 << chip) != 0) {
            throw new IrqChipException(
                    Errno.EINVAL, "gsi " + gsi + " has a route already; only pins of different chips may share one");
        }
        chips[gsi] |= 1 << chip;
    }

    /** All routes in the order in which they were given; immutable. */
    public List<GsiRoute> entries() {
        return entries;
    }

    /** This table with the routes of one GSI replaced. */
    public GsiRoutingTable with(GsiRoute route) {
        List<GsiRoute> changed = new ArrayList<>(without(route.gsi()).entries);
        changed.add(route);
        return of(changed);
    }

    /** This table without the routes of one GSI. */
    public GsiRoutingTable without(int gsi) {
        return of(entries.stream().filter(entry -> entry.gsi() != gsi).toList());
    }

    /** The routes of a GSI, none for one that is out of range. The array is the table's own. */
    GsiRoute[] routes(int gsi) {
        return gsi >= 0 && gsi < byGsi.length ? byGsi[gsi] : NONE;
    }

    /** Whether a GSI leads anywhere; false for one that is out of range. */
    public boolean hasRoute(int gsi) {
        return routes(gsi).length != 0;
    }

    /** The lowest GSI above after (-1 for the first) that leads to a SINT, or -1. Any vpIndex and sint may be asked. */
    public int nextGsiOfSint(int vpIndex, int sint, int after) {
        if (sint < 0 || sint >= 1 << 20 || sintKeys.length == 0) {
            return -1;
        }
        long key = key(vpIndex, sint);
        long from = key + after + 1;
        int low = 0;
        int high = sintKeys.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sintKeys[middle] < from) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < sintKeys.length && (sintKeys[low] & ~(long) (MAX_GSI - 1)) == key
                ? (int) sintKeys[low] & MAX_GSI - 1
                : -1;
    }

    /** The GSIs that lead to a pin. The array is the table's own. */
    int[] gsisOfPin(int chip, int pin) {
        return gsisOfPins[chip * PINS_PER_CHIP + pin];
    }

    static boolean hasVector(GsiRoute.Msi msi) {
        return switch (Msi.deliveryMode(msi.data())) {
            case FIXED, LOWEST_PRIORITY -> true;
            default -> false;
        };
    }

    /** The MSI route of a GSI that {@link #nextGsiOfVector} found. */
    GsiRoute.Msi msi(int gsi) {
        return (GsiRoute.Msi) byGsi[gsi][0];
    }

    /** The lowest GSI above after (-1 for the first) whose message has this vector, or -1. */
    int nextGsiOfVector(int vector, int after) {
        if (vectorKeys.length == 0) {
            return -1;
        }
        int found = Arrays.binarySearch(vectorKeys, vector << 12 | after + 1);
        int index = found < 0 ? -found - 1 : found;
        return index < vectorKeys.length && vectorKeys[index] >> 12 == vector ? vectorKeys[index] & MAX_GSI - 1 : -1;
    }

    private static long key(int vpIndex, int sint) {
        return (long) vpIndex << 32 | (long) sint << 12;
    }
}
