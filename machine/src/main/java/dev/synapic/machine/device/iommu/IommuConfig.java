// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.machine.ConfigurationException;

/**
 * What a remapping unit can do.
 *
 * @param interruptRemapping whether it remaps interrupts, not only memory accesses
 * @param extendedMode whether a remapped interrupt's destination can have 32 bits (EIM), as x2APIC ids need them
 * @param addressBits the widest address that a device can use: 39 (tables of 3 levels) or 48 (3 or 4)
 * @param chipSources whether messages of the I/O APIC and the HPET carry source ids, as hardware's do. QEMU's carry none,
 *     so that no entry's validation refuses them; kvm-unit-tests' intel_iommu gives the I/O APIC's entry the id of the PCI
 *     function behind it and depends on that
 */
public record IommuConfig(boolean interruptRemapping, boolean extendedMode, int addressBits, boolean chipSources) {
    static final int THREE_LEVELS = 39;
    static final int FOUR_LEVELS = 48;

    public IommuConfig {
        if (addressBits != THREE_LEVELS && addressBits != FOUR_LEVELS) {
            throw new ConfigurationException("intel-iommu: aw-bits is 39 or 48, not " + addressBits);
        }
        if (extendedMode && !interruptRemapping) {
            throw new ConfigurationException("intel-iommu: eim=on needs intremap=on");
        }
    }

    /** Everything that there is, as hardware has it. */
    public static IommuConfig standard() {
        return new IommuConfig(true, true, FOUR_LEVELS, true);
    }
}
