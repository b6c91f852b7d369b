// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apicv.AddressApicvPolicy;
import dev.synapic.interrupts.apicv.ApicvListener;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.HvHypercalls;
import dev.synapic.interrupts.hyperv.HypervPartition;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.PartitionPort;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.interrupts.hyperv.ReferenceTime;
import dev.synapic.interrupts.hyperv.SintAcknowledgements;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.kvm.ClockPairing;
import dev.synapic.interrupts.kvm.KvmClock;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.interrupts.kvm.PvIpi;
import dev.synapic.interrupts.kvm.PvKick;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.interrupts.pic.IntrPort;
import dev.synapic.interrupts.routing.IoEventFds;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.device.iommu.IommuConfig;
import dev.synapic.machine.device.iommu.RemappingUnit;
import dev.synapic.machine.schedule.ChangeCount;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.VirtualTime;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The machine-wide parts of the interrupt fabric, put together: bus, routing, SynICs, hypercalls, and the state of APICv. */
final class InterruptFabric {
    private static final long APIC_TIMER_HZ = 1_000_000_000;
    /** What AVIC's table of physical ids holds in xAPIC mode (AMD APM vol. 2, 15.29.4.1): 0xFF is the broadcast. */
    private static final int AVIC_IDS = 255;

    private final IpiTransit transit;
    private final ApicBus bus;
    private final @Nullable RemappingUnit iommu;
    private final InterruptChips chips;
    private final ChangeCount eoiExitChanges = new ChangeCount();
    private final IoEventFds ioEventFds = new IoEventFds();
    private final SynIcSet synIcs;
    private final SynIcPages synIcPages;
    private final ApicvState apicv;
    private final AddressApicvPolicy addressPolicy;
    private final Set<InhibitReason> inhibitReasonsSeen = EnumSet.noneOf(InhibitReason.class);
    private final HypervPartition partition;
    private final HvHypercalls hvHypercalls;
    private final GuestMemory ram;
    private final KvmFeatures kvmFeatures;
    private final KvmClock kvmClock;
    private final LongSupplier shownTsc;
    private final SynIcListener synIcListener;
    private final SlotTurns slotTurns;
    private final ConnectionTable connections = new ConnectionTable();
    private final TscOffsets tscOffsets;

    InterruptFabric(
            MachineConfig config,
            GuestMemory ram,
            IpiTransit transit,
            Vcpu[] vcpus,
            VcpuScheduler scheduler,
            TimeReading time,
            DeviceClock clock,
            IntrPort intr,
            FabricTrace events,
            PartitionPort port) {
        this.ram = ram;
        this.transit = transit;
        this.bus = new ApicBus(transit, events, config.pc().switches().lowestPriority());
        this.synIcs = new SynIcSet(config.vcpus());
        this.synIcPages = new SynIcPages(config.vcpus());
        this.apicv = apicv(config, events);
        this.addressPolicy = new AddressApicvPolicy(bus, apicv);
        inhibitForGood(config);
        IommuConfig unit = config.pc().iommu();
        this.iommu = unit == null ? null : new RemappingUnit(unit, ram, bus);
        this.chips = new InterruptChips(
                config.pc(),
                config.cpu().has(CpuFeature.KVM_MSI_EXT_DEST_ID),
                chipMessages(RemappingUnit.IO_APIC_DEVICE),
                bus::sendMsi,
                synIcs,
                intr,
                clock,
                eoiExitChanges,
                events.irqChip());
        SynIcApicvPolicy policy = new SynIcApicvPolicy(config.apicvPolicy(), synIcs, apicv);
        SynIcListener vmm = SynIcListener.both(synIcPages, new SintAcknowledgements(chips.processors()));
        SynIcListener told = SynIcListener.both(policy, SynIcListener.both(watchSources(), vmm));
        this.synIcListener = SynIcListener.both(events.synIc(), told);
        this.slotTurns = new SlotTurns(new MessageSlot(ram), config.vcpus());
        long tscKhz = config.profile().tscKhz();
        ReferenceTime referenceTime = new ReferenceTime(ram, tscKhz * 1000);
        this.kvmClock = new KvmClock(ram, tscKhz * 1000, config.pc().epochSeconds(), config.vcpus(), events.kvmClock());
        this.shownTsc = () -> VirtualTime.ticks(time.read(scheduler.nowPs()), tscKhz);
        this.tscOffsets = new TscOffsets(config.vcpus(), referenceTime, kvmClock, shownTsc);
        CpuidTable cpuid = new CpuidTable(config.cpu(), config.profile(), config.topology());
        PartitionPrivileges privileges = cpuid.privileges();
        this.kvmFeatures = cpuid.kvmFeatures();
        this.partition =
                new HypervPartition(ram, hypercallInstruction(config), referenceTime, APIC_TIMER_HZ, privileges, port);
        this.hvHypercalls =
                new HvHypercalls(synIcs, bus, ram, connections, new VcpuTlbs(vcpus), privileges, events.hypercalls());
    }

    private static HypervPartition.HypercallInstruction hypercallInstruction(MachineConfig config) {
        return config.profile().vendor().equals("AuthenticAMD")
                ? HypervPartition.HypercallInstruction.VMMCALL
                : HypervPartition.HypercallInstruction.VMCALL;
    }

    private ApicvState apicv(MachineConfig config, FabricTrace events) {
        ApicvState.Vendor vendor = config.profile().avic() ? ApicvState.Vendor.AMD_AVIC : ApicvState.Vendor.INTEL_APICV;
        ApicvListener tracepoint = events.apicv();
        return new ApicvState(vendor, (reason, set, active) -> {
            if (set) {
                inhibitReasonsSeen.add(reason);
            }
            tracepoint.inhibitChanged(reason, set, active);
        });
    }

    private SynIcListener watchSources() {
        return new SynIcListener() {
            @Override
            public void sourcesChanged(SynIc synIc) {
                eoiExitChanges.changed();
            }
        };
    }

    /** Reasons that are there from the start, or begin to be watched. Hardware that has neither APICv nor AVIC needs no watch. */
    private void inhibitForGood(MachineConfig config) {
        boolean amd = config.profile().avic();
        if (!config.profile().apicv() && !amd) {
            apicv.inhibit(InhibitReason.DISABLED, true);
            return;
        }
        bus.onAddressChange(addressPolicy::addressesChanged);
        if (amd && config.vcpus() > AVIC_IDS) {
            apicv.inhibit(InhibitReason.PHYSICAL_ID_TOO_BIG, true);
        }
    }

    /** Counts what makes EOI-exit bitmaps out of date. */
    ChangeCount eoiExitChanges() {
        return eoiExitChanges;
    }

    IpiTransit transit() {
        return transit;
    }

    ApicBus bus() {
        return bus;
    }

    /** What stands between devices and both RAM and local APICs, or null for nothing. */
    @Nullable
    RemappingUnit iommu() {
        return iommu;
    }

    /** Takes the messages of a PCI function, by bus, device and function. */
    MsiPort messages(int sourceId) {
        return iommu == null ? devices()::signalMsi : iommu.messages(sourceId);
    }

    /** Takes the messages of a chip on no bus, by the device number that the remapping unit knows it by. */
    MsiPort chipMessages(int device) {
        return iommu == null ? bus::sendMsi : iommu.chipMessages(device);
    }

    IrqChips chips() {
        return chips.chips();
    }

    /** Where devices have their lines. */
    IrqChip devices() {
        return chips.devices();
    }

    /** What local APICs tell of their EOIs, and where SINTs have their routes. */
    IrqChip irqChip() {
        return chips.processors();
    }

    /** What the guest's writes signal, on the buses that were told. */
    IoEventFds ioEventFds() {
        return ioEventFds;
    }

    /** Lets eventfds see what is written on these buses. */
    void watch(Buses buses) {
        buses.io().watch((port, size, value) -> ioEventFds.write(IoEventFds.Space.PIO, port, size, value));
        buses.mmio().watch((gpa, size, value) -> ioEventFds.write(IoEventFds.Space.MMIO, gpa, size, value));
    }

    AddressApicvPolicy addressPolicy() {
        return addressPolicy;
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

    SlotTurns slotTurns() {
        return slotTurns;
    }

    ConnectionTable connections() {
        return connections;
    }

    TscOffsets tscOffsets() {
        return tscOffsets;
    }

    HypervPartition partition() {
        return partition;
    }

    HvHypercalls hvHypercalls() {
        return hvHypercalls;
    }

    KvmFeatures kvmFeatures() {
        return kvmFeatures;
    }

    KvmClock kvmClock() {
        return kvmClock;
    }

    /** The partition's reference time at the present instant, in units of 100 ns. */
    long referenceTime() {
        return partition.time().at(shownTsc.getAsLong());
    }

    /** KVM's hypercalls as that virtual CPU makes them. */
    KvmHypercalls kvmHypercalls(int vcpu) {
        return new KvmHypercalls(
                new PvIpi(bus), new PvKick(bus, transit), new ClockPairing(ram, kvmClock, vcpu, shownTsc), kvmFeatures);
    }

    SynIcListener synIcListener() {
        return synIcListener;
    }

    /** Every reason that inhibited APICv at some time. */
    Set<InhibitReason> inhibitReasonsSeen() {
        return Collections.unmodifiableSet(inhibitReasonsSeen);
    }
}
