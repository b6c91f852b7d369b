// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.DeliveryMode;

/**
 * What one APIC is asked to do, packed in an int like the low half of ICR: vector 7:0, delivery mode 10:8, level 14,
 * trigger mode 15.
 */
public final class ApicRequest {
    static final int VECTOR = 0xFF;
    static final int LEVEL_ASSERT = 1 << 14;
    static final int LEVEL_TRIGGERED = 1 << 15;
    /** The bits of an ICR that belong to a request. */
    static final int MASK = VECTOR | 7 << 8 | LEVEL_ASSERT | LEVEL_TRIGGERED;

    private ApicRequest() {}

    /** Of an ICR, whose other bits are dropped. */
    public static int of(long icr) {
        return (int) icr & MASK;
    }

    /** An edge-triggered request, asserted. */
    public static int edge(DeliveryMode mode, int vector) {
        return mode.bits() | (vector & VECTOR) | LEVEL_ASSERT;
    }

    /** A level-triggered request, asserted. */
    public static int level(DeliveryMode mode, int vector) {
        return edge(mode, vector) | LEVEL_TRIGGERED;
    }

    /** A fixed, edge-triggered vector. */
    public static int fixed(int vector) {
        return (vector & VECTOR) | LEVEL_ASSERT;
    }

    /** Bits 7:0; the start-up vector of a SIPI. */
    public static int vector(int request) {
        return request & VECTOR;
    }

    /** Bits 10:8. */
    public static DeliveryMode mode(int request) {
        return DeliveryMode.of(request);
    }

    /** Bit 15. */
    public static boolean levelTriggered(int request) {
        return (request & LEVEL_TRIGGERED) != 0;
    }

    /** A level-triggered request whose level is low: a withdrawal. */
    public static boolean deasserts(int request) {
        return (request & (LEVEL_TRIGGERED | LEVEL_ASSERT)) == LEVEL_TRIGGERED;
    }

    static boolean lowestPriority(int request) {
        return (request & 7 << 8) == 1 << 8;
    }

    /** A vector below 16 in a mode that asks for a vector of the target. */
    static boolean hasIllegalVector(int request) {
        boolean asksForVector = (request & 6 << 8) == 0;
        return asksForVector && (request & VECTOR) < ApicError.FIRST_LEGAL_VECTOR;
    }
}
