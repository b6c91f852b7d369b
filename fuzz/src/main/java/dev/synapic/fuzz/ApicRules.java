// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.spec.x86.ApicError;

/** What must hold at a local APIC at rest, whatever was done to it (SDM vol. 3A, 12.8.3 and 12.8.4). */
final class ApicRules {
    private ApicRules() {}

    static void check(LocalApic apic) {
        int requested = highest(apic.irr());
        int inService = highest(apic.isr());
        int tpr = apic.taskPriority();
        int service = inService < 0 ? 0 : inService & 0xF0;
        int ppr = (tpr & 0xF0) >= service ? tpr : service;
        require(apic, "highest IRR", apic.highestRequested(), requested);
        require(apic, "highest ISR", apic.highestInService(), inService);
        require(apic, "PPR", apic.processorPriority(), ppr);
        int deliverable = requested >> 4 > ppr >> 4 ? requested : LocalApic.NO_VECTOR;
        require(apic, "vector to take", apic.pendingVector(), deliverable);
        if (!apic.hardwareEnabled()) {
            require(apic, "IRR of a disabled APIC", requested, LocalApic.NO_VECTOR);
            require(apic, "ISR of a disabled APIC", inService, LocalApic.NO_VECTOR);
        }
    }

    /** The slow way. */
    private static int highest(VectorBitmap set) {
        int highest = LocalApic.NO_VECTOR;
        for (int vector = 0; vector < 256; vector++) {
            if (set.contains(vector)) {
                highest = vector;
                if (vector < ApicError.FIRST_LEGAL_VECTOR) {
                    throw new AssertionError("vector " + vector + " is below 16");
                }
            }
        }
        return highest;
    }

    private static void require(LocalApic apic, String what, int shown, int right) {
        if (shown != right) {
            throw new AssertionError(
                    "APIC %d: %s is 0x%x, should be 0x%x".formatted(apic.x2ApicId(), what, shown, right));
        }
    }
}
