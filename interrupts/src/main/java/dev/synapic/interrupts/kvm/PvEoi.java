// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.spec.kvm.KvmMsr;

/**
 * KVM's way to end interrupts without an exit.
 *
 * <ul>
 *   <li>Models: MSR_KVM_PV_EOI_EN, which says where the bit of {@link LazyEoi} is.
 *   <li>Spec: Linux, Documentation/virt/kvm/x86/msr.rst, MSR_KVM_EOI_EN.
 *   <li>Threading: the owner vCPU's thread, as {@link LazyEoi}.
 * </ul>
 */
public final class PvEoi {
    private static final int BYTES = 4;

    private final GuestMemory memory;
    private final LazyEoi.Word word;
    private long register;

    PvEoi(GuestMemory memory, LazyEoi lazyEoi) {
        this.memory = memory;
        this.word = lazyEoi.word();
    }

    /** MSR_KVM_PV_EOI_EN as it was written. */
    public long register() {
        return register;
    }

    /** WRMSR; #GP for an address that is not a multiple of 4, enabled or not, and where the word is not RAM. */
    public void write(long value) {
        long gpa = value & ~KvmMsr.ENABLED;
        boolean enable = (value & KvmMsr.ENABLED) != 0;
        if (gpa % BYTES != 0 || enable && !memory.contains(gpa, BYTES)) {
            throw generalProtection();
        }
        if (enable) {
            word.enable(gpa);
        } else {
            word.disable();
        }
        register = value;
    }

    /** INIT or reset, before that of the APIC. */
    void reset() {
        word.disable();
        register = 0;
    }

    /**
     * The register, whether the bit is offered here (and not in another front end's word that was enabled later), and
     * the vector that the guest may end by it now, or -1.
     */
    public record State(int version, long register, boolean inForce, int offeredVector) {
        public static final int CURRENT_VERSION = 1;

        /** Throws IllegalArgumentException for another version, and for a word that offers or is in force without being enabled. */
        public State {
            if (version != CURRENT_VERSION) {
                throw new IllegalArgumentException(
                        "PV EOI state version " + version + " is unknown; this build reads " + CURRENT_VERSION);
            }
            if (inForce && (register & KvmMsr.ENABLED) == 0 || offeredVector >= 0 && !inForce) {
                throw new IllegalArgumentException("PV EOI offers a vector, or is in force, without being enabled");
            }
        }
    }

    State save() {
        return new State(State.CURRENT_VERSION, register, word.isInForce(), word.offeredVector());
    }

    /** Behind the states of other front ends. Writes no guest memory: the word travels with it. */
    void restore(State state) {
        long gpa = state.register() & ~KvmMsr.ENABLED;
        boolean enabled = (state.register() & KvmMsr.ENABLED) != 0;
        if (enabled && (gpa % BYTES != 0 || !memory.contains(gpa, BYTES))) {
            throw new IllegalArgumentException(
                    "the PV EOI word of the state, 0x" + Long.toHexString(gpa) + ", is not RAM");
        }
        register = state.register();
        if (!enabled) {
            word.restoreDisabled();
        } else if (state.inForce()) {
            word.restore(gpa, state.offeredVector());
        } else {
            word.restoreBeneath(gpa);
        }
    }
}
