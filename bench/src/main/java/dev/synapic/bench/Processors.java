// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.HvHypercallListener;
import dev.synapic.interrupts.hyperv.HvHypercalls;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.hyperv.TlbFlushPort;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.interrupts.kvm.PvIpi;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Msr;

/** The interrupt side of 80 processors in x2APIC mode, without engines and without virtual time: requests arrive at once. */
final class Processors implements AutoCloseable {
    static final int COUNT = 80;

    private static final int SOFTWARE_ENABLED = 0x1FF;

    private final GuestMemory ram = GuestMemory.allocate(1 << 20);
    private final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
    private final LocalApic[] apics = new LocalApic[COUNT];
    private final KvmHypercalls kvm = new KvmHypercalls(new PvIpi(bus), KvmFeatures.UNRESTRICTED);
    private final HvHypercalls hyperv;

    Processors() {
        SynIcSet synIcs = new SynIcSet(COUNT);
        SlotTurns turns = new SlotTurns(new MessageSlot(ram), COUNT);
        for (int id = 0; id < COUNT; id++) {
            LocalApic apic = new LocalApic(id, id == 0, bus, ApicClock.STOPPED, ApicListener.NONE);
            apic.setApicBase(apic.apicBase() | ApicBaseMsr.ENABLE | ApicBaseMsr.X2APIC_ENABLE);
            apic.writeMsr(Msr.X2APIC_FIRST + (ApicRegister.SPURIOUS_VECTOR >> 4), SOFTWARE_ENABLED);
            synIcs.add(new SynIc(id, apic, bus, ram, turns, SynIcListener.NONE));
            apics[id] = apic;
        }
        hyperv = new HvHypercalls(
                synIcs,
                bus,
                ram,
                new ConnectionTable(),
                TlbFlushPort.NONE,
                PartitionPrivileges.UNRESTRICTED,
                HvHypercallListener.NONE);
    }

    ApicBus bus() {
        return bus;
    }

    LocalApic sender() {
        return apics[0];
    }

    GuestMemory ram() {
        return ram;
    }

    KvmHypercalls kvm() {
        return kvm;
    }

    HvHypercalls hyperv() {
        return hyperv;
    }

    /** Every target takes the vector out of its mailbox, acknowledges and ends it. Returns how many had it pending. */
    int serveAll(int vector) {
        int served = 0;
        for (int id = 1; id < COUNT; id++) {
            LocalApic apic = apics[id];
            if (apic.pendingVector() == vector) {
                apic.acknowledge(vector);
                apic.eoi();
                served++;
            }
        }
        return served;
    }

    @Override
    public void close() {
        ram.close();
    }
}
