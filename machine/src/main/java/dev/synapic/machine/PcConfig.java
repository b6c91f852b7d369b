// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.machine.device.iommu.IommuConfig;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the board around the processors is made of.
 *
 * @param epochSeconds the calendar's time at power-on, in seconds since 1970-01-01
 * @param irqchip where PIC and I/O APIC stand, as KVM has it: FULL or SPLIT; the guest finds the same chips
 * @param pitLostTicks what becomes of the 8254's ticks that the guest was too slow for
 * @param debugExit where isa-debug-exit answers, or null without one
 * @param devices those devices of the board that not every board has
 * @param iommu the remapping unit in front of RAM and processors, or null for none
 * @param switches which of several right ways the interrupt chips go
 * @param disks on each bus in that order
 */
public record PcConfig(
        long epochSeconds,
        IrqChip.Mode irqchip,
        LostTicks pitLostTicks,
        @Nullable Ports debugExit,
        Set<PcDevice> devices,
        @Nullable IommuConfig iommu,
        InterruptSwitches switches,
        List<DiskConfig> disks) {
    /** There are 32 slots on the bus, and other devices. */
    private static final int MOST_DISKS = 24;

    /** 2026-01-01, 00:00:00 UTC. */
    private static final long EPOCH_SECONDS = 1_767_225_600L;

    /** Where isa-debug-exit is by custom. */
    public static final Ports DEBUG_EXIT = new Ports(0xF4, 4);

    /** What becomes of timer ticks that find the one before them still waiting (QEMU's kvm-pit.lost_tick_policy). */
    public enum LostTicks {
        /** They are delivered later, one for each end of interrupt; QEMU's "delay". */
        REINJECT,
        /** They are lost, as with the chip; QEMU's "discard". */
        DISCARD
    }

    /**
     * Ports of a device.
     *
     * @param first the lowest, 0 to 0xFFFF
     * @param count how many, from 1
     */
    public record Ports(int first, int count) {
        private static final int END = 0x1_0000;

        public Ports {
            if (first < 0 || count < 1 || count > END - first) {
                throw new ConfigurationException(
                        "ports 0x%x to 0x%x: they lie between 0 and 0xffff".formatted(first, (long) first + count - 1));
            }
        }
    }

    public PcConfig {
        devices = Set.copyOf(devices);
        disks = List.copyOf(disks);
        if (disks.size() > MOST_DISKS) {
            throw new ConfigurationException("%d disks: at most %d".formatted(disks.size(), MOST_DISKS));
        }
    }

    /** A fixed date, all chips, none of which does what the chip does not, isa-debug-exit and the debug console, no test devices. */
    public static PcConfig standard() {
        return new PcConfig(
                EPOCH_SECONDS,
                IrqChip.Mode.FULL,
                LostTicks.DISCARD,
                DEBUG_EXIT,
                EnumSet.of(PcDevice.PIT, PcDevice.SERIAL_PORT, PcDevice.DEBUG_CONSOLE),
                null,
                InterruptSwitches.STANDARD,
                List.of());
    }

    /** The disks there, in their order. */
    public List<DiskConfig> disks(DiskConfig.Bus bus) {
        return disks.stream().filter(disk -> disk.bus() == bus).toList();
    }

    /** Whether interrupts of devices are remapped. */
    public boolean remapsInterrupts() {
        IommuConfig unit = iommu;
        return unit != null && unit.interruptRemapping();
    }

    public boolean has(PcDevice device) {
        return devices.contains(device);
    }

    public PcConfig withEpochSeconds(long seconds) {
        return new PcConfig(seconds, irqchip, pitLostTicks, debugExit, devices, iommu, switches, disks);
    }

    public PcConfig withIrqchip(IrqChip.Mode mode) {
        return new PcConfig(epochSeconds, mode, pitLostTicks, debugExit, devices, iommu, switches, disks);
    }

    public PcConfig withPitLostTicks(LostTicks policy) {
        return new PcConfig(epochSeconds, irqchip, policy, debugExit, devices, iommu, switches, disks);
    }

    public PcConfig withDebugExit(@Nullable Ports ports) {
        return new PcConfig(epochSeconds, irqchip, pitLostTicks, ports, devices, iommu, switches, disks);
    }

    /** The same board with that device. */
    public PcConfig with(PcDevice device) {
        Set<PcDevice> more = EnumSet.of(device);
        more.addAll(devices);
        return new PcConfig(epochSeconds, irqchip, pitLostTicks, debugExit, more, iommu, switches, disks);
    }

    /** The same board without that device. */
    public PcConfig without(PcDevice device) {
        Set<PcDevice> fewer = EnumSet.noneOf(PcDevice.class);
        fewer.addAll(devices);
        fewer.remove(device);
        return new PcConfig(epochSeconds, irqchip, pitLostTicks, debugExit, fewer, iommu, switches, disks);
    }

    public PcConfig withIommu(@Nullable IommuConfig unit) {
        return new PcConfig(epochSeconds, irqchip, pitLostTicks, debugExit, devices, unit, switches, disks);
    }

    public PcConfig withSwitches(InterruptSwitches chosen) {
        return new PcConfig(epochSeconds, irqchip, pitLostTicks, debugExit, devices, iommu, chosen, disks);
    }

    /** The same board with one more disk. */
    public PcConfig withDisk(DiskConfig disk) {
        List<DiskConfig> more = new ArrayList<>(disks);
        more.add(disk);
        return new PcConfig(epochSeconds, irqchip, pitLostTicks, debugExit, devices, iommu, switches, more);
    }
}
