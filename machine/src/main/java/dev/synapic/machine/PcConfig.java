// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.device.iommu.IommuConfig;
import org.jspecify.annotations.Nullable;

/**
 * What the board around the processors is made of.
 *
 * @param epochSeconds the calendar's time at power-on, in seconds since 1970-01-01
 * @param pcTestDevice whether there is a pc-testdev
 * @param pciTestDevice whether there is a pci-testdev
 * @param edu whether there is an edu device
 * @param iommu the remapping unit in front of RAM and processors, or null for none
 */
public record PcConfig(
        long epochSeconds, boolean pcTestDevice, boolean pciTestDevice, boolean edu, @Nullable IommuConfig iommu) {
    /** 2026-01-01, 00:00:00 UTC. */
    private static final long EPOCH_SECONDS = 1_767_225_600L;

    /** A fixed date, no test devices, no remapping unit. */
    public static PcConfig standard() {
        return new PcConfig(EPOCH_SECONDS, false, false, false, null);
    }

    /** Whether interrupts of devices are remapped. */
    public boolean remapsInterrupts() {
        IommuConfig unit = iommu;
        return unit != null && unit.interruptRemapping();
    }

    public PcConfig withEpochSeconds(long seconds) {
        return new PcConfig(seconds, pcTestDevice, pciTestDevice, edu, iommu);
    }

    public PcConfig withPcTestDevice() {
        return new PcConfig(epochSeconds, true, pciTestDevice, edu, iommu);
    }

    public PcConfig withPciTestDevice() {
        return new PcConfig(epochSeconds, pcTestDevice, true, edu, iommu);
    }

    public PcConfig withEdu() {
        return new PcConfig(epochSeconds, pcTestDevice, pciTestDevice, true, iommu);
    }

    public PcConfig withIommu(IommuConfig unit) {
        return new PcConfig(epochSeconds, pcTestDevice, pciTestDevice, edu, unit);
    }
}
