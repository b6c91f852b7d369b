// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.DirectedEoi;
import dev.synapic.interrupts.apic.LowestPriority;
import dev.synapic.interrupts.apic.ReservedBits;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.ioapic.IoApicModel;

/**
 * How a fabric is built.
 *
 * @param processors 1 to 4
 * @param sparseIds whether APIC ids are far apart, the higher ones beyond 8 bits
 */
record FabricShape(
        int processors,
        boolean sparseIds,
        ApicModel apic,
        LowestPriority lowestPriority,
        IoApicModel ioApic,
        SynIc.Activation activation) {
    private static final int ID_DISTANCE = 0xFB;

    /** The plainest: two processors. */
    static final FabricShape PLAIN = of(1);

    /** One for each number; 9 bits count. */
    static FabricShape of(int bits) {
        ReservedBits reserved = (bits & 8) == 0 ? ReservedBits.STRICT : ReservedBits.KVM;
        boolean modern = (bits & 32) != 0;
        DirectedEoi directedEoi = modern ? DirectedEoi.ENABLED : DirectedEoi.DISABLED;
        IoApicModel chip = modern ? IoApicModel.V20 : IoApicModel.V11;
        return new FabricShape(
                1 + (bits & 3),
                (bits & 4) != 0,
                new ApicModel(true, true, (bits & 64) != 0, 46, 1, reserved, directedEoi),
                (bits & 16) == 0 ? LowestPriority.BY_PRIORITY : LowestPriority.BY_VECTOR,
                (bits & 128) == 0 ? chip : chip.with(IoApicModel.Destination.FIFTEEN_BITS),
                (bits & 256) == 0 ? SynIc.Activation.SYNIC2 : SynIc.Activation.SYNIC);
    }

    int apicId(int index) {
        return sparseIds ? ID_DISTANCE * index : index;
    }
}
