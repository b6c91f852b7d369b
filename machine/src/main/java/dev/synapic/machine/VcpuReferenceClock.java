// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.hyperv.ReferenceClock;
import dev.synapic.interrupts.hyperv.ReferenceTime;
import dev.synapic.machine.schedule.VirtualTime;

/** Hyper-V's reference time by the local clock of one virtual CPU. */
record VcpuReferenceClock(VcpuContext context, ReferenceTime time, TimeReading shown) implements ReferenceClock {
    @Override
    public long now() {
        return time.at(context.clock().machineTsc());
    }

    @Override
    public long reading() {
        VcpuClock clock = context.clock();
        return time.at(clock.tscAt(shown.read(clock.nowPs())) - clock.tscOffset());
    }

    @Override
    public long nanosAt(long referenceTime) {
        long tsc = time.tscAt(referenceTime);
        return tsc == Long.MAX_VALUE ? VirtualTime.NEVER : context.clock().nanosAtMachineTsc(tsc);
    }

    @Override
    public int epoch() {
        return time.epoch();
    }
}
