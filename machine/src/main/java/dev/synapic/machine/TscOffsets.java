// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.hyperv.ReferenceTime;
import dev.synapic.interrupts.kvm.KvmClock;
import java.util.function.LongSupplier;

/** What the guest has added to each virtual CPU's TSC: the reference TSC page and kvmclock follow it. */
final class TscOffsets {
    private final long[] offsets;
    private final ReferenceTime referenceTime;
    private final KvmClock kvmClock;
    private final LongSupplier machineTsc;

    /** machineTsc is the TSC to which offsets are added, at the present instant. */
    TscOffsets(int vcpus, ReferenceTime referenceTime, KvmClock kvmClock, LongSupplier machineTsc) {
        this.offsets = new long[vcpus];
        this.referenceTime = referenceTime;
        this.kvmClock = kvmClock;
        this.machineTsc = machineTsc;
    }

    void set(int vcpu, long offset) {
        offsets[vcpu] = offset;
        boolean inStep = true;
        for (long other : offsets) {
            inStep &= other == offset;
        }
        referenceTime.tscMoved(machineTsc.getAsLong(), inStep, offset);
        kvmClock.tscMoved(vcpu, inStep, offset);
    }
}
