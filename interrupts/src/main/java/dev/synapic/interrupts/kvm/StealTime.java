// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import static dev.synapic.spec.x86.GeneralProtectionFault.generalProtection;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.kvm.KvmMsr;
import dev.synapic.spec.kvm.KvmStealTime;
import java.lang.invoke.VarHandle;

/**
 * Tells the guest how long its processor could have run and did not.
 *
 * <ul>
 *   <li>Models: MSR_KVM_STEAL_TIME and the structure with its version protocol. What is stolen is the machine's word:
 *       {@link #stolen}.
 *   <li>Spec: Linux, Documentation/virt/kvm/x86/msr.rst.
 *   <li>Not modelled: preemption, so that the preempted byte is always 0, and the request to flush a preempted
 *       processor's TLB in it, which is not announced and taken back unread.
 *   <li>Threading: the owner vCPU's thread.
 * </ul>
 */
public final class StealTime {
    private final GuestMemory memory;
    private long register;
    /** Nanoseconds since the structure was last written. */
    private long unreported;

    StealTime(GuestMemory memory) {
        this.memory = memory;
    }

    /** MSR_KVM_STEAL_TIME as it was written. */
    public long register() {
        return register;
    }

    /** WRMSR; #GP for bits 5:1. A place that is not RAM is stored and inert, as in KVM. */
    public void write(long value) {
        if ((value & KvmStealTime.RESERVED_MASK) != 0) {
            throw generalProtection();
        }
        register = value;
        update();
    }

    /** The processor was ready and did not run, for so many nanoseconds more. */
    public void stolen(long nanos) {
        unreported += nanos;
    }

    /** Writes what came since the last time, on top of what stands in memory. The processor is about to run. */
    public void update() {
        long gpa = register & KvmStealTime.GPA_MASK;
        if ((register & KvmMsr.ENABLED) == 0 || !memory.contains(gpa, KvmStealTime.SIZE)) {
            return;
        }
        memory.putByte(gpa + KvmStealTime.PREEMPTED_OFFSET, (byte) 0);
        int version = memory.getInt(gpa + KvmStealTime.VERSION_OFFSET) + 1 | 1;
        memory.putInt(gpa + KvmStealTime.VERSION_OFFSET, version);
        VarHandle.fullFence();
        memory.putLong(gpa + KvmStealTime.STEAL_OFFSET, memory.getLong(gpa + KvmStealTime.STEAL_OFFSET) + unreported);
        VarHandle.fullFence();
        memory.putInt(gpa + KvmStealTime.VERSION_OFFSET, version + 1);
        unreported = 0;
    }

    /** INIT or reset. */
    void reset() {
        register = 0;
    }

    void restore(long savedRegister, long savedUnreported) {
        register = savedRegister;
        unreported = savedUnreported;
    }

    long unreported() {
        return unreported;
    }
}
