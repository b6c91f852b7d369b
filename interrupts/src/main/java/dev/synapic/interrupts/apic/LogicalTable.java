// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import java.util.Arrays;

/**
 * Looks up logical destinations where all APICs that have a logical id use one model and no bit is shared. Immutable.
 *
 * <p>APICs whose LDR is zero (after INIT) do not count: nothing but a broadcast finds them.
 */
final class LogicalTable {
    enum Model {
        /** No APIC has a logical id. */
        EMPTY,
        FLAT,
        CLUSTER,
        X2APIC,
        /** Mixed models, shared or multi-bit ids, unknown DFR: the walk answers. */
        OFF
    }

    private static final LogicalTable TABLE_OFF = new LogicalTable(Model.OFF, new LogicalGroup[0]);

    private final Model model;
    private final LogicalGroup[] groups;

    private LogicalTable(Model model, LogicalGroup[] groups) {
        this.model = model;
        this.groups = groups;
    }

    /** Of the hardware-enabled APICs. physicalIdsUnique: x2APIC logical ids derive from physical ones. */
    static LogicalTable of(ApicAddress[] addresses, boolean physicalIdsUnique) {
        Model model = commonModel(addresses);
        return switch (model) {
            case FLAT -> group(addresses, model, 1);
            case CLUSTER -> group(addresses, model, 16);
            case X2APIC -> physicalIdsUnique ? new LogicalTable(model, new LogicalGroup[0]) : TABLE_OFF;
            case EMPTY -> new LogicalTable(model, new LogicalGroup[0]);
            case OFF -> TABLE_OFF;
        };
    }

    private static Model commonModel(ApicAddress[] addresses) {
        Model common = Model.EMPTY;
        for (ApicAddress address : addresses) {
            Model one = model(address);
            if (one == common || one == Model.EMPTY) {
                continue;
            }
            if (common != Model.EMPTY) {
                return Model.OFF;
            }
            common = one;
        }
        return common;
    }

    private static Model model(ApicAddress address) {
        if (address.x2apic()) {
            return Model.X2APIC;
        }
        if (address.xapicLogicalId() == 0) {
            return Model.EMPTY;
        }
        return switch (address.logicalModel()) {
            case ApicAddress.DFR_FLAT -> Model.FLAT;
            case ApicAddress.DFR_CLUSTER -> Model.CLUSTER;
            default -> Model.OFF;
        };
    }

    private static LogicalTable group(ApicAddress[] addresses, Model model, int clusters) {
        LogicalGroup[] groups = new LogicalGroup[clusters];
        Arrays.setAll(groups, i -> new LogicalGroup());
        for (int i = 0; i < addresses.length; i++) {
            int id = addresses[i].xapicLogicalId();
            int cluster = model == Model.FLAT ? 0 : id >> 4;
            int bits = model == Model.FLAT ? id : id & 0xF;
            if (bits != 0 && !groups[cluster].add(i, bits)) {
                return TABLE_OFF;
            }
        }
        return new LogicalTable(model, groups);
    }

    Model model() {
        return model;
    }

    /** The first target above from that an xAPIC logical destination, no broadcast, chooses; or -1. */
    int nextXapic(int from, int destination) {
        return switch (model) {
            case FLAT -> groups[0].next(from, destination & 0xFF);
            case CLUSTER -> destination >>> 8 != 0 ? -1 : groups[destination >>> 4].next(from, destination & 0xF);
            default -> -1;
        };
    }
}
