// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.spec.hyperv.HvMsr;

/**
 * The synthetic MSRs as one virtual processor reads and writes them.
 *
 * <ul>
 *   <li>Models: the machine's registers ({@link HypervPartition}), VP_INDEX, and the SynIC's.
 *   <li>Spec: TLFS, "Synthetic MSRs".
 *   <li>Not modelled, answered by #GP: RESET, VP_RUNTIME, REFERENCE_TSC, EOI, ICR, TPR, VP_ASSIST_PAGE, STIMERn, crash
 *       and re-enlightenment registers, the nested bank, SIRBP. Access is not tied to the CPUID privileges.
 *   <li>Threading: the owner vCPU's thread.
 * </ul>
 */
public final class HypervMsrs {
    private final HypervPartition partition;
    private final SynIc synIc;

    public HypervMsrs(HypervPartition partition, SynIc synIc) {
        this.partition = partition;
        this.synIc = synIc;
    }

    /** RDMSR; #GP for what does not exist. */
    public long read(int msr) {
        return switch (msr) {
            case HvMsr.HV_X64_MSR_GUEST_OS_ID -> partition.guestOsId();
            case HvMsr.HV_X64_MSR_HYPERCALL -> partition.hypercall();
            case HvMsr.HV_X64_MSR_VP_INDEX -> synIc.vpIndex();
            case HvMsr.HV_X64_MSR_TIME_REF_COUNT -> partition.referenceTime();
            case HvMsr.HV_X64_MSR_TSC_FREQUENCY -> partition.tscHz();
            case HvMsr.HV_X64_MSR_APIC_FREQUENCY -> partition.apicHz();
            default -> synIc.read(msr);
        };
    }

    /** WRMSR; #GP for what does not exist or is read-only. */
    public void write(int msr, long value) {
        switch (msr) {
            case HvMsr.HV_X64_MSR_GUEST_OS_ID -> partition.setGuestOsId(value);
            case HvMsr.HV_X64_MSR_HYPERCALL -> partition.setHypercall(value);
            case HvMsr.HV_X64_MSR_VP_INDEX,
                    HvMsr.HV_X64_MSR_TIME_REF_COUNT,
                    HvMsr.HV_X64_MSR_TSC_FREQUENCY,
                    HvMsr.HV_X64_MSR_APIC_FREQUENCY -> throw generalProtection();
            default -> synIc.write(msr, value);
        }
    }
}
