// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Bits 18:17 of the LVT timer register (SDM vol. 3A, 12.5.4); the ordinal is the encoding. */
public enum ApicTimerMode {
    ONE_SHOT,
    PERIODIC,
    TSC_DEADLINE,
    RESERVED;

    private static final ApicTimerMode[] BY_ENCODING = values();

    /** Of bits 18:17. */
    public static ApicTimerMode of(int bits) {
        return BY_ENCODING[bits >> 17 & 3];
    }

    /** In bits 18:17. */
    public int bits() {
        return ordinal() << 17;
    }
}
