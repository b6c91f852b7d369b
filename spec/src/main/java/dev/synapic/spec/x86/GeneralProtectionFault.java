// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/**
 * The architectural answer #GP(0) to a guest's access that a register model refuses, on its way to the CPU engine.
 *
 * <p>It never leaves the machine. There is one instance without a stack trace, so that throwing it allocates nothing.
 */
public final class GeneralProtectionFault extends RuntimeException {
    private static final GeneralProtectionFault INSTANCE = new GeneralProtectionFault();

    private GeneralProtectionFault() {
        super("#GP(0)", null, false, false);
    }

    /** Returns the one instance, to be thrown by the caller. */
    public static GeneralProtectionFault generalProtection() {
        return INSTANCE;
    }
}
