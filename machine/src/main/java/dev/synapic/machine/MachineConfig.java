// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.exits.HardwareProfiles;
import dev.synapic.machine.schedule.VirtualTime;
import dev.synapic.machine.trace.TraceSink;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a machine is made of.
 *
 * @param vcpus 1 to 1024
 * @param topology how they share packages
 * @param memoryBytes RAM, a whole number of MiB from 2 MiB to 8 GiB
 * @param seed decides ties between virtual CPUs, slice lengths within the lookahead and RDRAND, nothing else
 * @param apicvPolicy when the SynIC inhibits APICv
 * @param maxVirtualPs ends the run at this virtual time, in picoseconds
 * @param console receives each byte that the guest writes to COM1 or to the debug console
 * @param com2 receives each byte that the guest writes to COM2; null for a machine without
 * @param trace sees every trace event
 * @param marks sees every mark of the guest
 * @param pc the board around the processors
 */
public record MachineConfig(
        int vcpus,
        CpuTopology topology,
        long memoryBytes,
        HardwareProfile profile,
        CpuModel cpu,
        long seed,
        SynIcApicvPolicy.Rule apicvPolicy,
        long maxVirtualPs,
        IntConsumer console,
        @Nullable IntConsumer com2,
        TraceSink trace,
        MarkListener marks,
        PcConfig pc) {
    public static final int MOST_VCPUS = 1024;
    public static final String DEFAULT_PROFILE = "skylake-apicv";
    private static final long MIB = 1 << 20;
    private static final long MOST_MEMORY_BYTES = 8L << 30;

    public MachineConfig {
        if (vcpus < 1 || vcpus > MOST_VCPUS) {
            throw new ConfigurationException("-smp %d: a machine has 1 to %d vCPUs".formatted(vcpus, MOST_VCPUS));
        }
        topology.check(vcpus);
        if (memoryBytes < 2 * MIB || memoryBytes > MOST_MEMORY_BYTES || memoryBytes % MIB != 0) {
            throw new ConfigurationException("-m: memory is a whole number of MiB from 2M to 8G");
        }
        if (!pc.disks(DiskConfig.Bus.VMBUS).isEmpty() && !(pc.has(PcDevice.VMBUS) && cpu.has(CpuFeature.HV_SYNIC))) {
            throw new ConfigurationException(
                    "a disk on VMBus needs VMBus: add the device vmbus-bridge and the CPU flags hv-vpindex,hv-synic");
        }
        if (!profile.x2apic()) {
            cpu = cpu.without(CpuFeature.X2APIC);
        }
    }

    /** One vCPU, 64 MiB, the default profile, all faces, no listeners. */
    public static MachineConfig standard() {
        return new MachineConfig(
                1,
                CpuTopology.ofCores(1),
                64 * MIB,
                HardwareProfiles.load().get(DEFAULT_PROFILE),
                CpuModel.max("all"),
                0,
                SynIcApicvPolicy.Rule.AUTO_EOI,
                VirtualTime.NEVER,
                b -> {},
                null,
                TraceSink.NONE,
                MarkListener.NONE,
                PcConfig.standard());
    }

    /** Whether VMBus is there: it needs the SynIC. */
    public boolean hasVmbus() {
        return pc.has(PcDevice.VMBUS) && cpu.has(CpuFeature.HV_SYNIC);
    }

    /** So many virtual CPUs, all cores of one package. */
    public MachineConfig withVcpus(int n) {
        return withVcpus(n, CpuTopology.ofCores(Math.max(n, 1)));
    }

    /** So many virtual CPUs in packages of that kind. */
    public MachineConfig withVcpus(int n, CpuTopology packages) {
        return new MachineConfig(
                n,
                packages,
                memoryBytes,
                profile,
                cpu,
                seed,
                apicvPolicy,
                maxVirtualPs,
                console,
                com2,
                trace,
                marks,
                pc);
    }

    public MachineConfig withMemoryBytes(long bytes) {
        return new MachineConfig(
                vcpus, topology, bytes, profile, cpu, seed, apicvPolicy, maxVirtualPs, console, com2, trace, marks, pc);
    }

    public MachineConfig withProfile(HardwareProfile p) {
        return new MachineConfig(
                vcpus, topology, memoryBytes, p, cpu, seed, apicvPolicy, maxVirtualPs, console, com2, trace, marks, pc);
    }

    public MachineConfig withCpu(CpuModel model) {
        return new MachineConfig(
                vcpus,
                topology,
                memoryBytes,
                profile,
                model,
                seed,
                apicvPolicy,
                maxVirtualPs,
                console,
                com2,
                trace,
                marks,
                pc);
    }

    public MachineConfig withSeed(long s) {
        return new MachineConfig(
                vcpus,
                topology,
                memoryBytes,
                profile,
                cpu,
                s,
                apicvPolicy,
                maxVirtualPs,
                console,
                com2,
                trace,
                marks,
                pc);
    }

    public MachineConfig withApicvPolicy(SynIcApicvPolicy.Rule policy) {
        return new MachineConfig(
                vcpus,
                topology,
                memoryBytes,
                profile,
                cpu,
                seed,
                policy,
                maxVirtualPs,
                console,
                com2,
                trace,
                marks,
                pc);
    }

    public MachineConfig withMaxVirtualPs(long ps) {
        return new MachineConfig(
                vcpus, topology, memoryBytes, profile, cpu, seed, apicvPolicy, ps, console, com2, trace, marks, pc);
    }

    public MachineConfig withConsole(IntConsumer bytes) {
        return new MachineConfig(
                vcpus,
                topology,
                memoryBytes,
                profile,
                cpu,
                seed,
                apicvPolicy,
                maxVirtualPs,
                bytes,
                com2,
                trace,
                marks,
                pc);
    }

    /** A machine with a second serial port. */
    public MachineConfig withCom2(IntConsumer bytes) {
        return new MachineConfig(
                vcpus,
                topology,
                memoryBytes,
                profile,
                cpu,
                seed,
                apicvPolicy,
                maxVirtualPs,
                console,
                bytes,
                trace,
                marks,
                pc);
    }

    public MachineConfig withTrace(TraceSink sink) {
        return new MachineConfig(
                vcpus,
                topology,
                memoryBytes,
                profile,
                cpu,
                seed,
                apicvPolicy,
                maxVirtualPs,
                console,
                com2,
                sink,
                marks,
                pc);
    }

    public MachineConfig withMarks(MarkListener listener) {
        return new MachineConfig(
                vcpus,
                topology,
                memoryBytes,
                profile,
                cpu,
                seed,
                apicvPolicy,
                maxVirtualPs,
                console,
                com2,
                trace,
                listener,
                pc);
    }

    public MachineConfig withPc(PcConfig board) {
        return new MachineConfig(
                vcpus,
                topology,
                memoryBytes,
                profile,
                cpu,
                seed,
                apicvPolicy,
                maxVirtualPs,
                console,
                com2,
                trace,
                marks,
                board);
    }
}
