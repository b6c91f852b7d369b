// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvStimerConfig;
import dev.synapic.spec.x86.Icr;

/**
 * The synthetic MSRs as one virtual processor reads and writes them.
 *
 * <ul>
 *   <li>Models: the machine's registers ({@link HypervPartition}), the processor's ({@link HypervProcessor}), and EOI,
 *       ICR and TPR of its APIC; which of them the partition's privileges allow.
 *   <li>Spec: TLFS, "Synthetic MSRs", "Local APIC MSR Accesses".
 *   <li>Not modelled, answered by #GP: guest idle, debug and statistics registers, the time-unhalted timer, the nested
 *       bank, SIRBP.
 *   <li>Threading: the owner vCPU's thread.
 * </ul>
 */
public final class HypervMsrs {
    private static final long HIGH_HALF = 0xFFFF_FFFF_0000_0000L;
    private static final long RESET_NOW = 1;

    private final HypervPartition partition;
    private final HypervProcessor processor;
    private final LocalApic apic;

    /** The registers of partition, of processor, and of the processor's APIC. */
    public HypervMsrs(HypervPartition partition, HypervProcessor processor) {
        this.partition = partition;
        this.processor = processor;
        this.apic = processor.synIc().apic();
    }

    /** RDMSR; #GP for what does not exist or is not allowed. */
    public long read(int msr) {
        requireAccess(msr);
        processor.assistPage().collect();
        return switch (msr) {
            case HvMsr.HV_X64_MSR_GUEST_OS_ID -> partition.guestOsId();
            case HvMsr.HV_X64_MSR_HYPERCALL -> partition.hypercall();
            case HvMsr.HV_X64_MSR_VP_INDEX -> processor.synIc().vpIndex();
            case HvMsr.HV_X64_MSR_RESET -> 0;
            case HvMsr.HV_X64_MSR_VP_RUNTIME -> processor.runTime();
            case HvMsr.HV_X64_MSR_TIME_REF_COUNT -> processor.referenceTime();
            case HvMsr.HV_X64_MSR_REFERENCE_TSC -> partition.time().register();
            case HvMsr.HV_X64_MSR_TSC_FREQUENCY -> partition.time().tscHz();
            case HvMsr.HV_X64_MSR_APIC_FREQUENCY -> partition.apicHz();
            case HvMsr.HV_X64_MSR_ICR -> apic.icr();
            case HvMsr.HV_X64_MSR_TPR -> apic.taskPriority();
            case HvMsr.HV_X64_MSR_VP_ASSIST_PAGE -> processor.assistPage().register();
            default -> readBank(msr);
        };
    }

    private long readBank(int msr) {
        if (HvMsr.isSyntheticTimer(msr)) {
            return processor.timers().read(msr);
        }
        if (Reenlightenment.has(msr)) {
            return partition.reenlightenment().read(msr);
        }
        return isCrash(msr) ? partition.crash().read(msr) : processor.synIc().read(msr);
    }

    /** WRMSR; #GP for what does not exist, is read-only or not allowed. */
    public void write(int msr, long value) {
        requireAccess(msr);
        processor.assistPage().collect();
        switch (msr) {
            case HvMsr.HV_X64_MSR_GUEST_OS_ID -> partition.setGuestOsId(value);
            case HvMsr.HV_X64_MSR_HYPERCALL -> partition.setHypercall(value);
            case HvMsr.HV_X64_MSR_RESET -> {
                if ((value & RESET_NOW) != 0) {
                    partition.port().reset();
                }
            }
            case HvMsr.HV_X64_MSR_REFERENCE_TSC -> partition.time().write(value);
            case HvMsr.HV_X64_MSR_EOI -> {
                requireLowHalf(value);
                apic.eoi();
            }
            case HvMsr.HV_X64_MSR_ICR -> writeIcr(value);
            case HvMsr.HV_X64_MSR_TPR -> {
                requireLowHalf(value);
                apic.setTaskPriority((int) value);
            }
            case HvMsr.HV_X64_MSR_VP_ASSIST_PAGE -> processor.assistPage().write(value);
            case HvMsr.HV_X64_MSR_VP_INDEX,
                    HvMsr.HV_X64_MSR_VP_RUNTIME,
                    HvMsr.HV_X64_MSR_TIME_REF_COUNT,
                    HvMsr.HV_X64_MSR_TSC_FREQUENCY,
                    HvMsr.HV_X64_MSR_APIC_FREQUENCY -> throw generalProtection();
            default -> writeBank(msr, value);
        }
    }

    private void writeBank(int msr, long value) {
        if (HvMsr.isSyntheticTimer(msr)) {
            requireTimerMode(msr, value);
            processor.timers().write(msr, value);
        } else if (Reenlightenment.has(msr)) {
            partition.reenlightenment().write(msr, value);
        } else if (isCrash(msr)) {
            partition.crash().write(msr, value);
        } else {
            processor.synIc().write(msr, value);
        }
    }

    /** The same bits are reserved as in x2APIC mode, whatever the APIC's mode. */
    private void writeIcr(long value) {
        if ((value & Icr.X2APIC_RESERVED) != 0) {
            throw generalProtection();
        }
        apic.writeIcr(value);
    }

    private void requireTimerMode(int msr, long value) {
        boolean config = (msr - HvMsr.HV_X64_MSR_STIMER0_CONFIG & 1) == 0;
        if (config
                && new HvStimerConfig(value).direct()
                && !partition.privileges().allowsDirectTimers()) {
            throw generalProtection();
        }
    }

    private void requireAccess(int msr) {
        if (!partition.privileges().allowsMsr(msr)) {
            throw generalProtection();
        }
    }

    private static void requireLowHalf(long value) {
        if ((value & HIGH_HALF) != 0) {
            throw generalProtection();
        }
    }

    private static boolean isCrash(int msr) {
        return HvMsr.isCrashParameter(msr) || msr == HvMsr.HV_X64_MSR_CRASH_CTL;
    }
}
