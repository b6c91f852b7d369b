// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
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
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.kvm.KvmFeatures;
import dev.synapic.interrupts.kvm.KvmHypercalls;
import dev.synapic.interrupts.kvm.PvIpi;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.interrupts.pic.IntrPort;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.machine.device.iommu.IommuConfig;
import dev.synapic.machine.device.iommu.RemappingUnit;
import dev.synapic.machine.schedule.ChangeCount;
import dev.synapic.machine.schedule.VirtualTime;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The machine-wide parts of the interrupt fabric, put together: bus, routing, SynICs, hypercalls, and the state of APICv. */
final class InterruptFabric {
    private static final long APIC_TIMER_HZ = 1_000_000_000;

    private final IpiTransit transit;
    private final ApicBus bus;
    private final IrqChip irqChip;
    private final @Nullable RemappingUnit iommu;
    private final IrqChips chips;
    private final ChangeCount eoiExitChanges = new ChangeCount();
    private final SynIcSet synIcs;
    private final SynIcPages synIcPages;
    private final ApicvState apicv;
    private final Set<InhibitReason> inhibitReasonsSeen = EnumSet.noneOf(InhibitReason.class);
    private final HypervPartition partition;
    private final HvHypercalls hvHypercalls;
    private final KvmHypercalls kvmHypercalls;
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
            IntrPort intr,
            FabricTrace events,
            PartitionPort port) {
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
        IommuConfig unit = config.pc().iommu();
        this.iommu = unit == null ? null : new RemappingUnit(unit, ram, bus);
        this.chips = new IrqChips(
                config.pc().remapsInterrupts()
                        ? IoApicModel.V20.with(IoApicModel.Destination.REMAPPABLE)
                        : IoApicModel.V11,
                chipMessages(RemappingUnit.IO_APIC_DEVICE),
                intr,
                () -> scheduler.nowPs() / VirtualTime.PS_PER_NANOSECOND,
                watchEntries(),
                PicListener.NONE);
        this.irqChip = new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, synIcs, chips, events.irqChip());
        irqChip.setGsiRouting(GsiRoutingTable.pc().entries());
        SynIcApicvPolicy policy = new SynIcApicvPolicy(config.apicvPolicy(), synIcs, apicv);
        SynIcListener recount = watchSources();
        SynIcListener vmm = SynIcListener.both(synIcPages, new SintAcknowledgements(irqChip));
        SynIcListener told = SynIcListener.both(policy, SynIcListener.both(recount, vmm));
        this.synIcListener = SynIcListener.both(events.synIc(), told);
        this.slotTurns = new SlotTurns(new MessageSlot(ram), config.vcpus());
        long tscKhz = config.profile().tscKhz();
        ReferenceTime referenceTime = new ReferenceTime(ram, tscKhz * 1000);
        this.tscOffsets = new TscOffsets(
                config.vcpus(), referenceTime, () -> VirtualTime.ticks(time.read(scheduler.nowPs()), tscKhz));
        PartitionPrivileges privileges = new CpuidTable(config.cpu(), config.profile(), config.topology()).privileges();
        this.partition = new HypervPartition(
                ram,
                config.profile().vendor().equals("AuthenticAMD")
                        ? HypervPartition.HypercallInstruction.VMMCALL
                        : HypervPartition.HypercallInstruction.VMCALL,
                referenceTime,
                APIC_TIMER_HZ,
                privileges,
                port);
        this.hvHypercalls =
                new HvHypercalls(synIcs, bus, ram, connections, new VcpuTlbs(vcpus), privileges, events.hypercalls());
        this.kvmHypercalls = new KvmHypercalls(new PvIpi(bus), KvmFeatures.UNRESTRICTED);
    }

    private SynIcListener watchSources() {
        return new SynIcListener() {
            @Override
            public void sourcesChanged(SynIc synIc) {
                eoiExitChanges.changed();
            }
        };
    }

    /** Redirection entries decide which EOIs leave the guest. */
    private IoApicListener watchEntries() {
        return new IoApicListener() {
            @Override
            public void entryWritten(int pin, long before, long after) {
                eoiExitChanges.changed();
            }
        };
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
    @Nullable RemappingUnit iommu() {
        return iommu;
    }

    /** Takes the messages of a PCI function, by bus, device and function. */
    MsiPort messages(int sourceId) {
        return iommu == null ? irqChip::signalMsi : iommu.messages(sourceId);
    }

    /** Takes the messages of a chip on no bus, by the device number that the remapping unit knows it by. */
    MsiPort chipMessages(int device) {
        return iommu == null ? bus::sendMsi : iommu.chipMessages(device);
    }

    IrqChips chips() {
        return chips;
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
