// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Bits of IA32_EFER (SDM vol. 3A, 2.2.1). */
public final class Efer {
    public static final long SCE = 1;
    public static final long LME = 1 << 8;
    public static final long LMA = 1 << 10;
    public static final long NXE = 1 << 11;

    private Efer() {}
}
