// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/**
 * MSRs that are not the processor's own (the processor keeps EFER, STAR, LSTAR, CSTAR, FMASK, FS/GS/KERNEL_GS base, SYSENTER_*,
 * PAT and TSC_AUX). Both methods may throw {@link dev.synapic.spec.x86.GeneralProtectionFault}.
 */
public interface MsrPort {
    long read(int msr);

    void write(int msr, long value);
}
