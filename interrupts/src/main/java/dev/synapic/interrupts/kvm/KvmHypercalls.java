// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.spec.kvm.KvmCpuid;
import dev.synapic.spec.kvm.KvmErrno;
import dev.synapic.spec.kvm.KvmHypercall;

/**
 * KVM's hypercalls by number.
 *
 * <p>Models: KVM_HC_VAPIC_POLL_IRQ and KVM_HC_SEND_IPI. Spec: Linux, Documentation/virt/kvm/x86/hypercalls.rst. Not
 * modelled: the others, which answer -ENOSYS like unknown numbers. Threading: any thread; the calls of one processor on
 * its own.
 */
public final class KvmHypercalls {
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    private final PvIpi pvIpi;
    private final KvmFeatures features;

    public KvmHypercalls(PvIpi pvIpi, KvmFeatures features) {
        this.pvIpi = pvIpi;
        this.features = features;
    }

    /**
     * Carries out a call.
     *
     * @param longMode whether the caller runs in 64-bit mode; otherwise number, arguments and result have 32 bits
     * @param cpl the caller's privilege level, 0 to 3
     * @param number RAX
     * @param a0 RBX
     * @param a1 RCX
     * @param a2 RDX
     * @param a3 RSI
     * @return what goes to RAX
     */
    public long call(boolean longMode, int cpl, long number, long a0, long a1, long a2, long a3) {
        if (longMode) {
            return cpl == 0 ? dispatch(true, number, a0, a1, a2, a3) : -KvmErrno.EPERM;
        }
        long result = cpl == 0
                ? dispatch(false, number & LOW_HALF, a0 & LOW_HALF, a1 & LOW_HALF, a2 & LOW_HALF, a3 & LOW_HALF)
                : -KvmErrno.EPERM;
        return result & LOW_HALF;
    }

    private long dispatch(boolean longMode, long number, long a0, long a1, long a2, long a3) {
        if (number == KvmHypercall.KVM_HC_VAPIC_POLL_IRQ) {
            return 0;
        }
        if (number == KvmHypercall.KVM_HC_SEND_IPI && features.allows(KvmCpuid.KVM_FEATURE_PV_SEND_IPI)) {
            return pvIpi.send(a0, a1, a2, a3, longMode);
        }
        return -KvmErrno.ENOSYS;
    }
}
