// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.CodeCache;
import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuPorts;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.LazyEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.HypervMsrs;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.kvm.KvmMsrs;
import dev.synapic.interrupts.kvm.KvmProcessor;
import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.exits.ExitSites;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.UnknownInstructions;
import java.util.function.IntPredicate;

/** Puts virtual CPUs together: processor, clock, local APIC, SynIC, ports, exits. */
final class VcpuAssembly {
    private static final long PS_PER_100_NANOSECONDS = 100_000;

    private final MachineConfig config;
    private final GuestMemory ram;
    private final InterruptFabric fabric;
    private final FabricTrace fabricTrace;
    private final Buses buses;
    private final Trace trace;
    private final ExitSites exitSites;
    private final UnknownInstructions unknownInstructions;
    private final CodeCache code;
    private final CpuModel model;
    private final CpuidTable cpuid;
    private final TimeReading time;

    VcpuAssembly(
            MachineConfig config,
            GuestMemory ram,
            InterruptFabric fabric,
            FabricTrace fabricTrace,
            Buses buses,
            TimeReading time,
            Trace trace,
            ExitSites exitSites,
            UnknownInstructions unknownInstructions) {
        this.config = config;
        this.ram = ram;
        this.fabric = fabric;
        this.fabricTrace = fabricTrace;
        this.buses = buses;
        this.time = time;
        this.trace = trace;
        this.exitSites = exitSites;
        this.unknownInstructions = unknownInstructions;
        this.code = new CodeCache(ram);
        this.model = config.cpu().ofVendor(config.profile().vendor());
        this.cpuid = new CpuidTable(model, config.profile(), config.topology());
    }

    /** The virtual CPU of that number, which is also its APIC id and its VP index; vcpus will hold it. */
    Vcpu assemble(int index, Vcpu[] vcpus) {
        HardwareProfile profile = config.profile();
        VcpuContext context = new VcpuContext();
        LocalApic apic =
                new LocalApic(index, index == 0, apicModel(), fabric.bus(), new LateClock(context), fabricTrace);
        apic.onEoi(fabric.irqChip());
        SynIc synIc = synIc(index, apic);
        EoiExits eoiExits = new EoiExits(synIc, apic, fabric.irqChip()::collectEoiExits, fabric.eoiExitChanges());
        ApicVirtualization virtualization = new ApicVirtualization(
                profile, fabric.apicv(), fabric.addressPolicy(), eoiExits, apic, othersRun(index, vcpus));
        LazyEoi lazyEoi = new LazyEoi(
                apic,
                ram,
                // Where the hardware ends interrupts without an exit, a lazy EOI saves nothing.
                vector -> virtualization.active() || eoiExits.exits(vector),
                vector -> fabricTrace.lazilyEnded(apic, vector));
        HypervProcessor hyperv = new HypervProcessor(
                synIc,
                new VcpuReferenceClock(context, fabric.partition().time(), time),
                () -> context.clock().busyPs() / PS_PER_100_NANOSECONDS,
                lazyEoi);
        KvmProcessor kvm = new KvmProcessor(index, fabric.kvmClock(), ram, lazyEoi);
        CpuPorts ports = new CpuPorts(
                new GuestMmio(context, virtualization, buses.mmio()),
                new GuestIo(context, buses.io()),
                new GuestMsrs(
                        context,
                        virtualization,
                        new HypervMsrs(fabric.partition(), hyperv),
                        new KvmMsrs(kvm, fabric.kvmFeatures()),
                        model,
                        time,
                        offset -> fabric.tscOffsets().set(index, offset)),
                new GuestHypercalls(index, context, fabric, config.cpu(), trace),
                new GuestPlatform(
                        context, cpuid, time, unknownInstructions, profile, new GuestRandom(config.seed(), index)));
        Cpu cpu = new Cpu(ram, code, ports);
        VcpuClock clock = new VcpuClock(cpu, profile);
        ExitAccount exits = new ExitAccount(index, cpu, clock, profile, trace, fabric.transit(), exitSites);
        VcpuParts parts = new VcpuParts(cpu, apic, lazyEoi, hyperv, kvm, clock, exits);
        context.tie(parts);
        return new Vcpu(index, parts, profile, virtualization, fabric.chips().pic(), trace);
    }

    private ApicModel apicModel() {
        PcConfig pc = config.pc();
        return new ApicModel(
                model.has(CpuFeature.X2APIC),
                model.has(CpuFeature.TSC_DEADLINE),
                false,
                Cpu.PHYSICAL_ADDRESS_BITS,
                ApicModel.DEFAULT.nanosPerTick(),
                pc.switches().reservedBits(),
                pc.switches().directedEoi(pc.irqchip()));
    }

    /** Activated from power-on where the guest is offered a SynIC, as a VMM does by KVM_ENABLE_CAP. */
    private SynIc synIc(int index, LocalApic apic) {
        SynIc synIc = new SynIc(index, apic, fabric.bus(), ram, fabric.slotTurns(), fabric.synIcListener());
        fabric.synIcs().add(synIc);
        if (config.cpu().has(CpuFeature.HV_SYNIC)) {
            synIc.activate(SynIc.Activation.SYNIC);
        }
        return synIc;
    }

    private static IntPredicate othersRun(int self, Vcpu[] vcpus) {
        return apicId -> {
            if (apicId >= 0) {
                return apicId < vcpus.length && vcpus[apicId].state() == RunState.RUNNING;
            }
            for (Vcpu vcpu : vcpus) {
                if (vcpu.index() != self && vcpu.state() != RunState.RUNNING) {
                    return false;
                }
            }
            return true;
        };
    }

    /** The APIC is made before the processor whose instructions its clock counts. */
    private record LateClock(VcpuContext context) implements ApicClock {
        @Override
        public long nanos() {
            return context.clock().nanos();
        }

        @Override
        public long tsc() {
            return context.clock().tsc();
        }

        @Override
        public long nanosAtTsc(long tscTicks) {
            return context.clock().nanosAtTsc(tscTicks);
        }
    }
}
