// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Lvt;
import java.util.Arrays;

/**
 * The local vector table.
 *
 * <p>Models: seven entries with their writable bits, masks forced while the APIC is software-disabled. Spec: SDM vol.
 * 3A, 12.5.1. Not modelled: delivery status and remote IRR, which read 0. Threading: owner only.
 */
final class LocalVectorTable {
    private static final int MODE_BITS = Lvt.VECTOR | Lvt.DELIVERY_MODE | Lvt.MASKED;
    private static final int LINT_BITS = MODE_BITS | Lvt.ACTIVE_LOW | Lvt.LEVEL_TRIGGERED;
    private static final int CMCI_ENTRY = 6;

    private final boolean tscDeadline;
    private final boolean cmci;
    private final int[] entries = new int[7];

    LocalVectorTable(ApicModel model) {
        tscDeadline = model.tscDeadline();
        cmci = model.cmci();
        reset();
    }

    void reset() {
        Arrays.fill(entries, Lvt.MASKED);
    }

    void maskAll() {
        for (int i = 0; i < entries.length; i++) {
            entries[i] |= Lvt.MASKED;
        }
    }

    /** Whether the register at offset is an entry of this table. */
    boolean has(int offset) {
        return (offset >= ApicRegister.LVT_TIMER && offset <= ApicRegister.LVT_ERROR && (offset & 0xF) == 0)
                || (cmci && offset == ApicRegister.LVT_CMCI);
    }

    /** Bits 23:16 of the version register. */
    int highestEntry() {
        return cmci ? 6 : 5;
    }

    int read(int offset) {
        return entries[index(offset)];
    }

    void write(int offset, int bits, boolean softwareEnabled) {
        int forced = softwareEnabled ? 0 : Lvt.MASKED;
        entries[index(offset)] = (bits & writable(offset)) | forced;
    }

    /** Bits that software can set. */
    int writable(int offset) {
        return switch (offset) {
            case ApicRegister.LVT_TIMER -> Lvt.VECTOR | Lvt.MASKED | timerModes();
            case ApicRegister.LVT_LINT0, ApicRegister.LVT_LINT1 -> LINT_BITS;
            case ApicRegister.LVT_ERROR -> Lvt.VECTOR | Lvt.MASKED;
            default -> MODE_BITS;
        };
    }

    /** Bits that a write may carry in x2APIC mode: the writable and the read-only ones. */
    int defined(int offset) {
        boolean pin = offset == ApicRegister.LVT_LINT0 || offset == ApicRegister.LVT_LINT1;
        return writable(offset) | Lvt.DELIVERY_STATUS | (pin ? Lvt.REMOTE_IRR : 0);
    }

    private int timerModes() {
        return tscDeadline ? Lvt.TIMER_MODE : Lvt.TIMER_MODE & ~Lvt.TIMER_TSC_DEADLINE;
    }

    private static int index(int offset) {
        return offset == ApicRegister.LVT_CMCI ? CMCI_ENTRY : (offset - ApicRegister.LVT_TIMER) >> 4;
    }
}
