// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import java.util.ArrayList;
import java.util.List;

/** Processors with a KVM side, in 1 MiB of RAM, with a TSC of 2.5 GHz. */
final class KvmRig implements AutoCloseable {
    static final long TSC_HZ = 2_500_000_000L;
    /** 2026-01-01, 00:00:00 UTC. */
    static final long BOOT_SECONDS = 1_767_225_600L;

    final GuestMemory memory = GuestMemory.allocate(1 << 20);
    final ApicRig apics;
    final List<String> clockUpdates = new ArrayList<>();
    final List<Integer> lazilyEnded = new ArrayList<>();
    /** Vectors whose EOI somebody waits for. */
    final List<Integer> awaited = new ArrayList<>();

    final KvmClock clock;
    final LazyEoi[] lazyEois;
    final KvmProcessor[] processors;

    KvmRig(int count) {
        apics = ApicRig.xapic(count);
        clock = new KvmClock(
                memory,
                TSC_HZ,
                BOOT_SECONDS,
                count,
                (processor, version, tsc, flags) ->
                        clockUpdates.add("%d: version %d tsc %d flags %d".formatted(processor, version, tsc, flags)));
        lazyEois = new LazyEoi[count];
        processors = new KvmProcessor[count];
        for (int i = 0; i < count; i++) {
            lazyEois[i] = new LazyEoi(apics.apics[i], memory, awaited::contains, lazilyEnded::add);
            processors[i] = new KvmProcessor(i, clock, memory, lazyEois[i]);
        }
    }

    KvmMsrs msrs(int processor, KvmFeatures features) {
        return new KvmMsrs(processors[processor], features);
    }

    KvmMsrs msrs(int processor) {
        return msrs(processor, KvmFeatures.UNRESTRICTED);
    }

    /** An edge-triggered vector arrives and is taken. */
    void inService(int processor, int vector) {
        LocalApic apic = apics.apics[processor];
        apic.arrive(ApicRequest.fixed(vector));
        apic.acknowledge(apic.pendingVector());
    }

    @Override
    public void close() {
        memory.close();
    }
}
