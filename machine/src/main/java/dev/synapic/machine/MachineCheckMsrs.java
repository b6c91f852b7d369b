// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.spec.x86.Msr;

/** The machine-check registers (SDM vol. 3B, 17.3): ten banks, as under KVM, in which no error is ever reported. */
final class MachineCheckMsrs {
    static final int BANKS = 10;
    private static final long CONTROL_PRESENT = 1 << 8;
    private static final int CONTROL = 0, STATUS = 1;
    /** Linux clears this bit of bank 4's control to get around an error of AMD's processors. */
    private static final long GART_ERROR_REPORTING = 1 << 10;

    private final long[] banks = new long[4 * BANKS];
    private long globalStatus;
    private long globalControl = -1;

    boolean has(int msr) {
        int index = msr - Msr.IA32_MC0_CTL;
        return index >= 0 && index < banks.length || msr >= Msr.IA32_MCG_CAP && msr <= Msr.IA32_MCG_CTL;
    }

    long read(int msr) {
        return switch (msr) {
            case Msr.IA32_MCG_CAP -> BANKS | CONTROL_PRESENT;
            case Msr.IA32_MCG_STATUS -> globalStatus;
            case Msr.IA32_MCG_CTL -> globalControl;
            default -> banks[msr - Msr.IA32_MC0_CTL];
        };
    }

    void write(int msr, long value) {
        switch (msr) {
            case Msr.IA32_MCG_CAP -> throw generalProtection();
            case Msr.IA32_MCG_STATUS -> globalStatus = value;
            case Msr.IA32_MCG_CTL -> {
                require(value == 0 || value == -1);
                globalControl = value;
            }
            default -> writeBank(msr - Msr.IA32_MC0_CTL, value);
        }
    }

    /** Controls take all zeros or all ones, a status can only be cleared. */
    private void writeBank(int index, long value) {
        int register = index % 4;
        require(register != CONTROL || value == 0 || (value | GART_ERROR_REPORTING) == -1);
        require(register != STATUS || value == 0);
        banks[index] = value;
    }

    private static void require(boolean good) {
        if (!good) {
            throw generalProtection();
        }
    }
}
