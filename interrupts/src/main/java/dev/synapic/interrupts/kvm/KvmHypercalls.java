// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.spec.kvm.KvmCpuid;
import dev.synapic.spec.kvm.KvmErrno;
import dev.synapic.spec.kvm.KvmHypercall;
import org.jspecify.annotations.Nullable;

/**
 * KVM's hypercalls by number, as one virtual processor makes them.
 *
 * <ul>
 *   <li>Models: KVM_HC_VAPIC_POLL_IRQ, KICK_CPU, CLOCK_PAIRING, SEND_IPI and SCHED_YIELD. A yield has nobody to yield to:
 *       every virtual processor has a physical one of its own, on which nothing else runs.
 *   <li>Spec: Linux, Documentation/virt/kvm/x86/hypercalls.rst.
 *   <li>Not modelled: the others, which answer -ENOSYS like unknown numbers.
 *   <li>Threading: the owner vCPU's thread; where nothing but IPIs is sent, any.
 * </ul>
 */
public final class KvmHypercalls {
    private static final long LOW_HALF = 0xFFFF_FFFFL;

    private final PvIpi pvIpi;
    private final @Nullable PvKick kick;
    private final @Nullable ClockPairing clock;
    private final KvmFeatures features;

    /** Without kick and clock, for a fabric that has no processors around it: these calls answer -ENOSYS. */
    public KvmHypercalls(PvIpi pvIpi, KvmFeatures features) {
        this(pvIpi, null, null, features);
    }

    /** A null kick or clock makes its call answer -ENOSYS, as does a call whose feature is not allowed. */
    public KvmHypercalls(PvIpi pvIpi, @Nullable PvKick kick, @Nullable ClockPairing clock, KvmFeatures features) {
        this.pvIpi = pvIpi;
        this.kick = kick;
        this.clock = clock;
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
        if (number != (int) number) {
            return -KvmErrno.ENOSYS;
        }
        return switch ((int) number) {
            case KvmHypercall.KVM_HC_VAPIC_POLL_IRQ -> 0;
            case KvmHypercall.KVM_HC_KICK_CPU -> kick(a1);
            case KvmHypercall.KVM_HC_CLOCK_PAIRING -> clock == null ? -KvmErrno.ENOSYS : clock.pair(a0, a1);
            case KvmHypercall.KVM_HC_SEND_IPI ->
                features.allows(KvmCpuid.KVM_FEATURE_PV_SEND_IPI)
                        ? pvIpi.send(a0, a1, a2, a3, longMode)
                        : -KvmErrno.ENOSYS;
            case KvmHypercall.KVM_HC_SCHED_YIELD ->
                features.allows(KvmCpuid.KVM_FEATURE_PV_SCHED_YIELD) ? 0 : -KvmErrno.ENOSYS;
            default -> -KvmErrno.ENOSYS;
        };
    }

    /** 0 also where nobody has that id, as in KVM. */
    private long kick(long apicId) {
        if (kick == null || !features.allows(KvmCpuid.KVM_FEATURE_PV_UNHALT)) {
            return -KvmErrno.ENOSYS;
        }
        kick.kick((int) apicId);
        return 0;
    }
}
