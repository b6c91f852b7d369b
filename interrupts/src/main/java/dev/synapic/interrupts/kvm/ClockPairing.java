// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.kvm.KvmClockPairing;
import dev.synapic.spec.kvm.KvmErrno;
import java.util.function.LongSupplier;

/**
 * KVM_HC_CLOCK_PAIRING of one virtual processor: the calendar's time and its TSC, read at one instant.
 *
 * <p>Spec: Linux, Documentation/virt/kvm/x86/hypercalls.rst. The calendar goes by kvmclock. Threading: the owner vCPU's
 * thread.
 */
public final class ClockPairing {
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final GuestMemory memory;
    private final KvmClock clock;
    private final int processor;
    private final LongSupplier machineTsc;

    /** machineTsc is the TSC without what guests have added, as the processor may be shown it now. */
    public ClockPairing(GuestMemory memory, KvmClock clock, int processor, LongSupplier machineTsc) {
        this.memory = memory;
        this.clock = clock;
        this.processor = processor;
        this.machineTsc = machineTsc;
    }

    /** Writes the pair to gpa; 0, or -EOPNOTSUPP for another type of clock, or -EFAULT where gpa is not RAM. */
    long pair(long gpa, long type) {
        if (type != KvmClockPairing.KVM_CLOCK_PAIRING_WALLCLOCK) {
            return -KvmErrno.EOPNOTSUPP;
        }
        if (!memory.contains(gpa, KvmClockPairing.SIZE)) {
            return -KvmErrno.EFAULT;
        }
        long tsc = machineTsc.getAsLong();
        long nanos = clock.at(tsc);
        memory.fill(gpa, KvmClockPairing.SIZE, (byte) 0);
        memory.putLong(gpa + KvmClockPairing.SEC_OFFSET, clock.bootSeconds() + nanos / NANOS_PER_SECOND);
        memory.putLong(gpa + KvmClockPairing.NSEC_OFFSET, nanos % NANOS_PER_SECOND);
        memory.putLong(gpa + KvmClockPairing.TSC_OFFSET, tsc + clock.tscOffset(processor));
        return 0;
    }
}
