// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.spec.x86.ApicError;

/** What must hold at a local APIC at rest, whatever was done to it (SDM vol. 3A, 12.8.3 and 12.8.4). */
final class ApicRules {
    private static final long ILLEGAL_VECTORS = (1L << ApicError.FIRST_LEGAL_VECTOR) - 1;

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

    private static int highest(VectorBitmap set) {
        if ((set.word(0) & ILLEGAL_VECTORS) != 0) {
            throw new AssertionError("a vector below 16 is set");
        }
        for (int i = 3; i >= 0; i--) {
            if (set.word(i) != 0) {
                return (i << 6) + Long.SIZE - 1 - Long.numberOfLeadingZeros(set.word(i));
            }
        }
        return LocalApic.NO_VECTOR;
    }

    private static void require(LocalApic apic, String what, int shown, int right) {
        if (shown != right) {
            throw new AssertionError(
                    "APIC %d: %s is 0x%x, should be 0x%x".formatted(apic.x2ApicId(), what, shown, right));
        }
    }
}
