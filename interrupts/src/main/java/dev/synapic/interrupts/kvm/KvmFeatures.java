// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

/**
 * Which of KVM's paravirtual features a guest may use.
 *
 * @param bits EAX of {@link dev.synapic.spec.kvm.KvmCpuid#FEATURES_LEAF}
 * @param enforced whether a call behind a feature that is not announced fails (KVM_CAP_ENFORCE_PV_FEATURE_CPUID);
 *     otherwise every call works, as KVM does by default
 */
public record KvmFeatures(int bits, boolean enforced) {
    /** All calls work. */
    public static final KvmFeatures UNRESTRICTED = new KvmFeatures(-1, false);

    /** feature is a bit number of {@link dev.synapic.spec.kvm.KvmCpuid}. */
    public boolean allows(int feature) {
        return !enforced || (bits >>> feature & 1) != 0;
    }
}
