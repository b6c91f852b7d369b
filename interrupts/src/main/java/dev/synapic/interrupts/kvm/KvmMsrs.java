// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.spec.kvm.KvmCpuid;
import dev.synapic.spec.kvm.KvmMsr;

/**
 * KVM's MSRs as one virtual processor reads and writes them.
 *
 * <ul>
 *   <li>Models: system time, wall clock, steal time, PV EOI, poll control; where features are enforced, which of them
 *       CPUID allows.
 *   <li>Spec: Linux, Documentation/virt/kvm/x86/msr.rst.
 *   <li>Not modelled, never announced, answered by #GP: asynchronous page faults (no page of a guest is ever away),
 *       migration control.
 *   <li>Threading: the owner vCPU's thread.
 * </ul>
 */
public final class KvmMsrs {
    private static final int NONE = -1;

    private final KvmProcessor processor;
    private final KvmClock clock;
    private final KvmFeatures features;

    /** The registers of processor and of its clock; features says which of them the guest may use. */
    public KvmMsrs(KvmProcessor processor, KvmFeatures features) {
        this.processor = processor;
        this.clock = processor.clock();
        this.features = features;
    }

    /** RDMSR; #GP for what does not exist or is not allowed. */
    public long read(int msr) {
        requireFeature(msr);
        return switch (msr) {
            case KvmMsr.MSR_KVM_WALL_CLOCK, KvmMsr.MSR_KVM_WALL_CLOCK_NEW -> clock.wallClock();
            case KvmMsr.MSR_KVM_SYSTEM_TIME, KvmMsr.MSR_KVM_SYSTEM_TIME_NEW -> clock.systemTime(processor.index());
            case KvmMsr.MSR_KVM_STEAL_TIME -> processor.stealTime().register();
            case KvmMsr.MSR_KVM_PV_EOI_EN -> processor.pvEoi().register();
            case KvmMsr.MSR_KVM_POLL_CONTROL -> processor.pollControl();
            default -> throw generalProtection();
        };
    }

    /** WRMSR; #GP for what does not exist or is not allowed, and for what the register cannot hold. */
    public void write(int msr, long value) {
        requireFeature(msr);
        switch (msr) {
            case KvmMsr.MSR_KVM_WALL_CLOCK, KvmMsr.MSR_KVM_WALL_CLOCK_NEW -> clock.writeWallClock(value);
            case KvmMsr.MSR_KVM_SYSTEM_TIME, KvmMsr.MSR_KVM_SYSTEM_TIME_NEW ->
                clock.writeSystemTime(processor.index(), value);
            case KvmMsr.MSR_KVM_STEAL_TIME -> processor.stealTime().write(value);
            case KvmMsr.MSR_KVM_PV_EOI_EN -> processor.pvEoi().write(value);
            case KvmMsr.MSR_KVM_POLL_CONTROL -> processor.writePollControl(value);
            default -> throw generalProtection();
        }
    }

    private void requireFeature(int msr) {
        int feature = feature(msr);
        if (feature == NONE || !features.allows(feature)) {
            throw generalProtection();
        }
    }

    private static int feature(int msr) {
        return switch (msr) {
            case KvmMsr.MSR_KVM_WALL_CLOCK, KvmMsr.MSR_KVM_SYSTEM_TIME -> KvmCpuid.KVM_FEATURE_CLOCKSOURCE;
            case KvmMsr.MSR_KVM_WALL_CLOCK_NEW, KvmMsr.MSR_KVM_SYSTEM_TIME_NEW -> KvmCpuid.KVM_FEATURE_CLOCKSOURCE2;
            case KvmMsr.MSR_KVM_STEAL_TIME -> KvmCpuid.KVM_FEATURE_STEAL_TIME;
            case KvmMsr.MSR_KVM_PV_EOI_EN -> KvmCpuid.KVM_FEATURE_PV_EOI;
            case KvmMsr.MSR_KVM_POLL_CONTROL -> KvmCpuid.KVM_FEATURE_POLL_CONTROL;
            default -> NONE;
        };
    }
}
