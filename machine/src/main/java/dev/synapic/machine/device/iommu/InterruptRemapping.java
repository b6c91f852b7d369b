// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.Msi;
import dev.synapic.spec.x86.VtdRegister;

/**
 * Looks a device's message up in the interrupt remapping table and sends what stands there.
 *
 * <p>Models: remappable and compatibility format, subhandles, entries in remapped format with 8-bit and (EIM) 32-bit
 * destinations, validation of the source. Spec: VT-d, 5.1 and 9.10. Not modelled: entries in posted format (CAP.PI is 0:
 * their mode bit is reserved), the interrupt entry cache: the table itself is read for each message.
 */
final class InterruptRemapping {
    /** A message whose sender is not known, which no validation refuses. */
    static final int NO_SOURCE = -1;

    private static final int ANY_SOURCE = 0xFFFF;
    private static final int ENTRY_SHIFT = 4;
    private static final long TABLE = ~0xFFFL;
    private static final int SUBHANDLE = 0xFFFF;

    // The low half of an entry.
    private static final long PRESENT = 1;
    private static final long FAULTS_DISABLED = 1 << 1;
    private static final long LOGICAL = 1 << 2;
    private static final long REDIRECTION_HINT = 1 << 3;
    private static final long LEVEL_TRIGGERED = 1 << 4;
    private static final int DELIVERY_SHIFT = 5;
    private static final int VECTOR_SHIFT = 16;
    private static final int DESTINATION_SHIFT = 32;
    /** Bits 14:12 and 31:24; bit 15 would be the posted format. */
    private static final long RESERVED = 0xFF00_F000L;
    /** Without EIM a destination is bits 47:40 only. */
    private static final long RESERVED_DESTINATION = 0xFFFF_00FF_0000_0000L;

    private static final int XAPIC_DESTINATION_SHIFT = 40;

    // The high half.
    private static final int QUALIFIER_SHIFT = 16;
    private static final int VALIDATION_SHIFT = 18;
    private static final long RESERVED_HIGH = ~0xF_FFFFL;
    private static final int VALIDATE_SOURCE = 1;
    private static final int VALIDATE_BUS = 2;
    private static final int VALIDATION_RESERVED = 3;

    private final GuestMemory ram;
    private final ApicBus bus;
    private final FaultLog faults;
    private final boolean extendedModeExists;

    private boolean enabled;
    private boolean compatibilityPasses;
    /** As INTERRUPT_TABLE was when it was taken over. */
    private long table;

    InterruptRemapping(GuestMemory ram, ApicBus bus, FaultLog faults, boolean extendedModeExists) {
        this.ram = ram;
        this.bus = bus;
        this.faults = faults;
        this.extendedModeExists = extendedModeExists;
    }

    void enable(boolean on, boolean compatibilityFormat) {
        enabled = on;
        compatibilityPasses = compatibilityFormat;
    }

    /** Takes over what INTERRUPT_TABLE says: the table's address, its size, and the width of destinations. */
    void setTable(long register) {
        table = register;
    }

    private boolean extendedMode() {
        return extendedModeExists && (table & VtdRegister.EXTENDED_MODE) != 0;
    }

    /** Sends a message of a source, 0 to 0xFFFF or {@link #NO_SOURCE}; returns how many local APICs accepted. */
    int send(int sourceId, long address, int data) {
        if (!enabled) {
            return bus.sendMsi(address, data);
        }
        if (!Msi.remappable(address)) {
            return sendCompatible(sourceId, address, data);
        }
        int index = index(address, data);
        int reason = check(address, data, index);
        if (reason != 0) {
            return refuse(reason, sourceId, index);
        }
        long at = entry(index);
        return sendEntry(sourceId, index, ram.getLong(at), ram.getLong(at + 8));
    }

    /** VT-d, 5.1.4: extended mode has no use for 8-bit destinations, whatever the command register allows. */
    private int sendCompatible(int sourceId, long address, int data) {
        if (compatibilityPasses && !extendedMode()) {
            return bus.sendMsi(address, data);
        }
        return refuse(FaultReason.COMPATIBILITY_FORMAT_BLOCKED, sourceId, 0);
    }

    /** The handle is bits 19:5 and, as bit 15, bit 2; bit 3 (SHV) says that the data adds a subhandle. */
    private static int index(long address, int data) {
        int handle = (int) (address >>> 5 & 0x7FFF | (address & 1 << 2) << 13);
        return hasSubhandle(address) ? handle + (data & SUBHANDLE) : handle;
    }

    private static boolean hasSubhandle(long address) {
        return (address & 1 << 3) != 0;
    }

    private long entry(int index) {
        return (table & TABLE) + ((long) index << ENTRY_SHIFT);
    }

    /** Returns 0 or the reason to refuse a message before its entry is read. */
    private int check(long address, int data, int index) {
        if (address >>> 32 != 0 || hasSubhandle(address) && (data & ~SUBHANDLE) != 0) {
            return FaultReason.INTERRUPT_REQUEST_RESERVED;
        }
        int entries = 2 << (int) (table & 0xF);
        if (index >= entries) {
            return FaultReason.INTERRUPT_INDEX_BEYOND_TABLE;
        }
        return ram.contains(entry(index), 1 << ENTRY_SHIFT) ? 0 : FaultReason.INTERRUPT_TABLE_UNREACHABLE;
    }

    private int sendEntry(int sourceId, int index, long low, long high) {
        int reason = check(sourceId, low, high);
        if (reason != 0) {
            return (low & FAULTS_DISABLED) != 0 ? 0 : refuse(reason, sourceId, index);
        }
        DestinationMode mode = (low & LOGICAL) != 0 ? DestinationMode.LOGICAL : DestinationMode.PHYSICAL;
        int request = ApicRequest.edge(delivery(low), (int) (low >>> VECTOR_SHIFT));
        if ((low & LEVEL_TRIGGERED) != 0) {
            request = ApicRequest.level(delivery(low), ApicRequest.vector(request));
        }
        return extendedMode()
                ? bus.sendExtended((int) (low >>> DESTINATION_SHIFT), mode, request)
                : bus.send((int) (low >>> XAPIC_DESTINATION_SHIFT) & 0xFF, mode, request);
    }

    /** Returns 0 or the reason why an entry refuses. */
    private int check(int sourceId, long low, long high) {
        if ((low & PRESENT) == 0) {
            return FaultReason.INTERRUPT_NOT_PRESENT;
        }
        int validation = (int) (high >>> VALIDATION_SHIFT) & 3;
        boolean reserved = (low & RESERVED) != 0
                || !extendedMode() && (low & RESERVED_DESTINATION) != 0
                || (high & RESERVED_HIGH) != 0
                || validation == VALIDATION_RESERVED
                || hasReservedDelivery(low);
        if (reserved) {
            return FaultReason.INTERRUPT_ENTRY_RESERVED;
        }
        return sourceId == NO_SOURCE || isFrom(sourceId, validation, (int) high) ? 0 : FaultReason.SOURCE_REFUSED;
    }

    private static boolean hasReservedDelivery(long low) {
        int mode = (int) (low >>> DELIVERY_SHIFT) & 7;
        return mode == DeliveryMode.REMOTE_READ.ordinal() || mode == DeliveryMode.STARTUP.ordinal();
    }

    /** SVT, SQ and SID (VT-d, 9.10): which sources may use the entry. */
    private static boolean isFrom(int sourceId, int validation, int high) {
        int allowed = high & 0xFFFF;
        return switch (validation) {
            case VALIDATE_SOURCE -> {
                // The qualifier leaves out function bits: none; 2; 2 and 1; 2 to 0.
                int ignored = switch (high >>> QUALIFIER_SHIFT & 3) {
                    case 0 -> 0;
                    case 1 -> 4;
                    case 2 -> 6;
                    default -> 7;
                };
                yield ((sourceId ^ allowed) & ~ignored) == 0;
            }
            case VALIDATE_BUS -> sourceId >>> 8 >= allowed >>> 8 && sourceId >>> 8 <= (allowed & 0xFF);
            default -> true;
        };
    }

    /** A hint with a logical destination asks for arbitration, as in a message without remapping. */
    private static DeliveryMode delivery(long low) {
        DeliveryMode mode = DeliveryMode.of((int) (low >>> DELIVERY_SHIFT) << 8);
        long arbitrates = LOGICAL | REDIRECTION_HINT;
        boolean lowest = mode == DeliveryMode.FIXED && (low & arbitrates) == arbitrates;
        return lowest ? DeliveryMode.LOWEST_PRIORITY : mode;
    }

    private int refuse(int reason, int sourceId, int index) {
        faults.recordInterrupt(reason, sourceId & ANY_SOURCE, index & 0xFFFF);
        return 0;
    }

    IommuState.Interrupts save() {
        return new IommuState.Interrupts(enabled, compatibilityPasses, table);
    }

    void restore(IommuState.Interrupts state) {
        enabled = state.enabled();
        compatibilityPasses = state.compatibilityPasses();
        table = state.table();
    }
}
