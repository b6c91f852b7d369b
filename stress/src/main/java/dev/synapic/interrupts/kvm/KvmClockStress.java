// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.kvm.PvclockVcpuTimeInfo;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.I_Result;

/** kvmclock's version protocol against a guest that reads meanwhile. */
public final class KvmClockStress {
    private KvmClockStress() {}

    /** r1: 0 or 1, what the guest read under one even version, before or behind the move; 2: it has to read again. */
    @JCStressTest
    @Outcome(
            id = {"0", "1", "2"},
            expect = Expect.ACCEPTABLE,
            desc = "One whole structure, or another try.")
    @Outcome(id = "3", expect = Expect.FORBIDDEN, desc = "Parts of two structures under one version.")
    @State
    public static class GuestReadsWhileItIsWritten {
        private static final GuestMemory MEMORY = GuestMemory.allocate(64 << 20);
        private static final int BYTES = 64;
        private static final int AREAS = 1 << 20;
        private static final AtomicInteger NEXT = new AtomicInteger();
        private static final long OFFSET = 0x1234_5678_9ABCL;

        private final long gpa = (long) (NEXT.getAndIncrement() & AREAS - 1) * BYTES;
        private final KvmClock clock = new KvmClock(MEMORY, 2_000_000_000L, 0, 1, KvmClockListener.NONE);
        private final int version;

        public GuestReadsWhileItIsWritten() {
            clock.writeSystemTime(0, gpa | 1);
            version = MEMORY.getInt(gpa + PvclockVcpuTimeInfo.VERSION_OFFSET);
        }

        @Actor
        public void owner() {
            clock.tscMoved(0, true, OFFSET);
        }

        @Actor
        public void guest(I_Result r) {
            int before = MEMORY.getInt(gpa + PvclockVcpuTimeInfo.VERSION_OFFSET);
            VarHandle.loadLoadFence();
            long timestamp = MEMORY.getLong(gpa + PvclockVcpuTimeInfo.TSC_TIMESTAMP_OFFSET);
            VarHandle.loadLoadFence();
            int after = MEMORY.getInt(gpa + PvclockVcpuTimeInfo.VERSION_OFFSET);
            if (before != after || (before & 1) != 0) {
                r.r1 = 2;
            } else if (before == version) {
                r.r1 = timestamp == 0 ? 0 : 3;
            } else {
                r.r1 = timestamp == OFFSET ? 1 : 3;
            }
        }
    }
}
