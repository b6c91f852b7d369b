// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Bits 19:18 of ICR (SDM vol. 3A, 12.6.1); the ordinal is the encoding. */
public enum DestinationShorthand {
    NONE,
    SELF,
    ALL_INCLUDING_SELF,
    ALL_EXCLUDING_SELF;

    private static final DestinationShorthand[] BY_ENCODING = values();

    /** Of bits 19:18. */
    public static DestinationShorthand of(int bits) {
        return BY_ENCODING[bits >> 18 & 3];
    }

    /** In bits 19:18. */
    public int bits() {
        return ordinal() << 18;
    }
}
