// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.interrupts.hyperv.HvHypercalls;
import dev.synapic.interrupts.hyperv.HypervPartition;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.interrupts.kvm.PvIpi;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.PinPort;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** The machine-wide parts of the interrupt fabric, put together: bus, routing, SynICs, hypercalls, and the state of APICv. */
final class InterruptFabric {
    private static final long PS_PER_100_NANOSECONDS = 100_000;
    private static final long APIC_TIMER_HZ = 1_000_000_000;

    private final IpiTransit transit;
    private final ApicBus bus;
    private final IrqChip irqChip;
    private final SynIcSet synIcs;
    private final SynIcPages synIcPages;
    private final ApicvState apicv;
    private final Set<InhibitReason> inhibitReasonsSeen = EnumSet.noneOf(InhibitReason.class);
    private final HypervPartition partition;
    private final HvHypercalls hvHypercalls;
    private final KvmHypercalls kvmHypercalls;
    private final SynIcListener synIcListener;

    InterruptFabric(
            MachineConfig config, GuestMemory ram, IpiTransit transit, VcpuScheduler scheduler, FabricTrace events) {
        boolean amd = config.profile().avic();
        this.transit = transit;
        this.bus = new ApicBus(transit, events);
        this.synIcs = new SynIcSet(config.vcpus());
        this.synIcPages = new SynIcPages(config.vcpus());
        this.apicv = new ApicvState(
                amd ? ApicvState.Vendor.AMD_AVIC : ApicvState.Vendor.INTEL_APICV, (reason, set, active) -> {
                    if (set) {
                        inhibitReasonsSeen.add(reason);
                    }
                    events.inhibitChanged(reason.ordinal(), set);
                });
        if (!config.profile().apicv() && !amd) {
            apicv.inhibit(InhibitReason.DISABLED, true);
        }
        this.irqChip = new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, synIcs, PinPort.ABSENT, events.irqChip());
        SynIcApicvPolicy policy = new SynIcApicvPolicy(config.apicvPolicy(), synIcs, apicv);
        SynIcListener vmm = SynIcListener.both(synIcPages, new SintAcknowledgements(irqChip));
        this.synIcListener = SynIcListener.both(events.synIc(), SynIcListener.both(policy, vmm));
        this.partition = new HypervPartition(
                ram,
                config.profile().vendor().equals("AuthenticAMD")
                        ? HypervPartition.HypercallInstruction.VMMCALL
                        : HypervPartition.HypercallInstruction.VMCALL,
                () -> scheduler.nowPs() / PS_PER_100_NANOSECONDS,
                config.profile().tscKhz() * 1000,
                APIC_TIMER_HZ);
        this.hvHypercalls = new HvHypercalls(synIcs, bus, ram, events.hypercalls());
        this.kvmHypercalls = new KvmHypercalls(new PvIpi(bus), KvmFeatures.UNRESTRICTED);
    }

    IpiTransit transit() {
        return transit;
    }

    ApicBus bus() {
        return bus;
    }

    IrqChip irqChip() {
        return irqChip;
    }

    SynIcSet synIcs() {
        return synIcs;
    }

    SynIcPages synIcPages() {
        return synIcPages;
    }

    ApicvState apicv() {
        return apicv;
    }

    HypervPartition partition() {
        return partition;
    }

    HvHypercalls hvHypercalls() {
        return hvHypercalls;
    }

    KvmHypercalls kvmHypercalls() {
        return kvmHypercalls;
    }

    SynIcListener synIcListener() {
        return synIcListener;
    }

    /** Every reason that inhibited APICv at some time. */
    Set<InhibitReason> inhibitReasonsSeen() {
        return Collections.unmodifiableSet(inhibitReasonsSeen);
    }
}
