// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.hyperv.HvMsr;
import java.util.ArrayList;
import java.util.List;

/**
 * A machine without processors: RAM, APICs that are software-enabled, and a SynIC each. VP index n has APIC id 2 * n.
 */
public final class VirtualProcessors {
    public static final long SIMP_PAGE = 0x8000;
    public static final long SIEFP_PAGE = 0x9000;

    private static final int SVR = 0xF0;
    private static final ApicClock STOPPED = new ApicClock() {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public long tsc() {
            return 0;
        }

        @Override
        public long nanosAtTsc(long tscTicks) {
            return Long.MAX_VALUE;
        }
    };

    public final GuestMemory memory = GuestMemory.allocate(1 << 20);
    public final ApicBus bus;
    public final SynIcSet set;
    public final SlotTurns turns;
    public final List<SynIc> all = new ArrayList<>();

    public VirtualProcessors(int count, SynIcListener listener) {
        this(count, new SynIcSet(count), Transit.IMMEDIATE, listener);
    }

    public VirtualProcessors(int count, SynIcSet set, Transit transit, SynIcListener listener) {
        this.bus = new ApicBus(transit, ApicListener.NONE);
        this.set = set;
        this.turns = new SlotTurns(new MessageSlot(memory), set.limit());
        for (int vpIndex = 0; vpIndex < count; vpIndex++) {
            LocalApic apic = new LocalApic(2 * vpIndex, vpIndex == 0, bus, STOPPED, ApicListener.NONE);
            apic.writeRegister(SVR, 0x1FF);
            SynIc synIc = new SynIc(vpIndex, apic, bus, memory, turns, listener);
            set.add(synIc);
            all.add(synIc);
        }
    }

    public SynIc synIc(int vpIndex) {
        return all.get(vpIndex);
    }

    public LocalApic apic(int vpIndex) {
        return all.get(vpIndex).apic();
    }

    /** Activates all SynICs and enables pages and SCONTROL as a guest would; page n of VP n, 64 KiB apart. */
    public VirtualProcessors running(SynIc.Activation flavour) {
        for (SynIc synIc : all) {
            synIc.activate(flavour);
            synIc.write(HvMsr.HV_X64_MSR_SIMP, simpPage(synIc.vpIndex()) | 1);
            synIc.write(HvMsr.HV_X64_MSR_SIEFP, siefpPage(synIc.vpIndex()) | 1);
            synIc.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        }
        return this;
    }

    public static long simpPage(int vpIndex) {
        return SIMP_PAGE + vpIndex * 0x1_0000L;
    }

    public static long siefpPage(int vpIndex) {
        return SIEFP_PAGE + vpIndex * 0x1_0000L;
    }

    /** The processor takes the vector that is pending and its handler ends it; returns the vector or -1. */
    public int take(int vpIndex) {
        LocalApic apic = apic(vpIndex);
        int vector = apic.pendingVector();
        if (vector != LocalApic.NO_VECTOR) {
            apic.acknowledge(vector);
        }
        return vector;
    }
}
