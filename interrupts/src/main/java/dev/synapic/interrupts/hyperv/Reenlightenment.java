// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.spec.hyperv.HvMsr;

/**
 * The registers by which a guest asks to be told that its TSC's rate has changed, and to have the old rate emulated
 * meanwhile.
 *
 * <ul>
 *   <li>Models: REENLIGHTENMENT_CONTROL, TSC_EMULATION_CONTROL and TSC_EMULATION_STATUS, as registers.
 *   <li>Spec: TLFS, "Reenlightenment"; STATUS can be cleared only, as in KVM.
 *   <li>A machine's TSC keeps its rate, also where its state is restored: the notification never comes, and STATUS always
 *       tells that nothing is emulated.
 *   <li>Threading: any vCPU's thread.
 * </ul>
 */
final class Reenlightenment {
    private volatile long control;
    private volatile long emulationControl;

    static boolean has(int msr) {
        return msr >= HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL && msr <= HvMsr.HV_X64_MSR_TSC_EMULATION_STATUS;
    }

    long control() {
        return control;
    }

    long emulationControl() {
        return emulationControl;
    }

    long read(int msr) {
        return switch (msr) {
            case HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL -> control;
            case HvMsr.HV_X64_MSR_TSC_EMULATION_CONTROL -> emulationControl;
            default -> 0;
        };
    }

    /** #GP for a status other than 0. */
    void write(int msr, long value) {
        switch (msr) {
            case HvMsr.HV_X64_MSR_REENLIGHTENMENT_CONTROL -> control = value;
            case HvMsr.HV_X64_MSR_TSC_EMULATION_CONTROL -> emulationControl = value;
            default -> {
                if (value != 0) {
                    throw generalProtection();
                }
            }
        }
    }

    void reset() {
        control = 0;
        emulationControl = 0;
    }

    void restore(long savedControl, long savedEmulationControl) {
        control = savedControl;
        emulationControl = savedEmulationControl;
    }
}
