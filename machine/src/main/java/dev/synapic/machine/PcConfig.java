// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

/**
 * What the board around the processors is made of.
 *
 * @param epochSeconds the calendar's time at power-on, in seconds since 1970-01-01
 * @param pcTestDevice whether there is a pc-testdev
 * @param pciTestDevice whether there is a pci-testdev
 */
public record PcConfig(long epochSeconds, boolean pcTestDevice, boolean pciTestDevice) {
    /** 2026-01-01, 00:00:00 UTC. */
    private static final long EPOCH_SECONDS = 1_767_225_600L;

    /** A fixed date, no test devices. */
    public static PcConfig standard() {
        return new PcConfig(EPOCH_SECONDS, false, false);
    }

    public PcConfig withEpochSeconds(long seconds) {
        return new PcConfig(seconds, pcTestDevice, pciTestDevice);
    }

    public PcConfig withPcTestDevice() {
        return new PcConfig(epochSeconds, true, pciTestDevice);
    }

    public PcConfig withPciTestDevice() {
        return new PcConfig(epochSeconds, pcTestDevice, true);
    }
}
