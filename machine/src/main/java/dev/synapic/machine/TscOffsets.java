// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.hyperv.ReferenceTime;
import java.util.function.LongSupplier;

/** What the guest has added to each virtual CPU's TSC. The reference TSC page holds only while all have the same. */
final class TscOffsets {
    private final long[] offsets;
    private final ReferenceTime referenceTime;
    private final LongSupplier machineTsc;

    /** machineTsc is the TSC to which offsets are added, at the present instant. */
    TscOffsets(int vcpus, ReferenceTime referenceTime, LongSupplier machineTsc) {
        this.offsets = new long[vcpus];
        this.referenceTime = referenceTime;
        this.machineTsc = machineTsc;
    }

    void set(int vcpu, long offset) {
        offsets[vcpu] = offset;
        boolean inStep = true;
        for (long other : offsets) {
            inStep &= other == offset;
        }
        referenceTime.tscMoved(machineTsc.getAsLong(), inStep, offset);
    }
}
