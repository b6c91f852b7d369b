// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import dev.synapic.machine.device.iommu.IommuConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The devices that {@code -device} can add. */
enum QemuDevice {
    EDU("edu", "PCI", "") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            refuseAll(properties);
            return pc.with(PcDevice.EDU);
        }
    },
    INTEL_IOMMU("intel-iommu", "System", "Intel IOMMU (VT-d) DMA Remapping device") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            boolean intremap = true;
            String eim = "auto";
            int addressBits = 39;
            for (KeyValues.Pair property : properties) {
                switch (property.key()) {
                    case "intremap" -> intremap = automatic(property, true);
                    case "eim" -> eim = property.value();
                    case "aw-bits" -> addressBits = KeyValues.number("aw-bits", property.value(), 64);
                    case "caching-mode", "device-iotlb", "x-scalable-mode" -> only(property, false);
                    case "pt", "snoop-control", "dma-drain", "dma-translation" -> only(property, true);
                    default -> throw unknown(property);
                }
            }
            boolean extended = automatic(new KeyValues.Pair("eim", eim), intremap);
            // QEMU's chips have no source ids.
            return pc.withIommu(new IommuConfig(intremap, extended, addressBits, false));
        }

        private boolean automatic(KeyValues.Pair property, boolean automatically) {
            return property.value().equals("auto") ? automatically : KeyValues.onOff(property.key(), property.value());
        }

        private void only(KeyValues.Pair property, boolean possible) {
            if (KeyValues.onOff(property.key(), property.value()) != possible) {
                throw new ConfigurationException("-device intel-iommu,%s=%s: there is only '%s' here"
                        .formatted(property.key(), property.value(), possible ? "on" : "off"));
            }
        }
    },
    HYPERV_TESTDEV("hyperv-testdev", "ISA", "") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            refuseAll(properties);
            return pc.with(PcDevice.HYPERV_TESTDEV);
        }
    },
    ISA_DEBUG_EXIT("isa-debug-exit", "ISA", "") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            int first = 0x501;
            int count = 2;
            for (KeyValues.Pair property : properties) {
                switch (property.key()) {
                    case "iobase" -> first = KeyValues.number("iobase", property.value(), 0xFFFF);
                    case "iosize" -> count = KeyValues.number("iosize", property.value(), 0x1_0000);
                    default -> throw unknown(property);
                }
            }
            return pc.withDebugExit(new PcConfig.Ports(first, count));
        }
    },
    PC_TESTDEV("pc-testdev", "ISA", "") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            refuseAll(properties);
            return pc.with(PcDevice.PC_TESTDEV);
        }
    },
    PCI_TESTDEV("pci-testdev", "PCI", "PCI Test Device") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            refuseAll(properties);
            return pc.with(PcDevice.PCI_TESTDEV);
        }
    },
    VIRTIO_BLK("virtio-blk-pci", "PCI", "") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties, Drives drives) {
            return drives.attach(pc, "-device virtio-blk-pci", properties);
        }
    },
    VIRTIO_RNG("virtio-rng-pci", "PCI", "") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            refuseAll(properties);
            return pc.with(PcDevice.VIRTIO_RNG);
        }
    },
    VMBUS_BRIDGE(
            "vmbus-bridge", "System", "VMBus with heartbeat, time synchronization, shutdown and key-value exchange") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            refuseAll(properties);
            return pc.with(PcDevice.VMBUS);
        }
    },
    VIRTCONSOLE("virtconsole", "PCI", "virtio console beside COM1, with the same output") {
        @Override
        PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
            refuseAll(properties);
            return pc.with(PcDevice.VIRTIO_CONSOLE);
        }
    };

    private final String device;
    private final String bus;
    private final String description;

    QemuDevice(String device, String bus, String description) {
        this.device = device;
        this.bus = bus;
        this.description = description;
    }

    /** The board with the device that an argument of {@code -device} describes. */
    static PcConfig add(String argument, PcConfig pc, Drives drives) {
        List<KeyValues.Pair> pairs = new ArrayList<>(KeyValues.parse(argument, "driver"));
        String name = pairs.isEmpty() ? "" : pairs.removeFirst().value();
        QemuDevice device = Stream.of(values())
                .filter(d -> d.device.equals(name))
                .findFirst()
                .orElseThrow(() -> new ConfigurationException(
                        "-device %s: '%s' is not a valid device model name".formatted(argument, name)));
        pairs.removeIf(pair -> pair.key().equals("id"));
        return device.add(pc, pairs, drives);
    }

    /** For a device with an image behind it. */
    PcConfig add(PcConfig pc, List<KeyValues.Pair> properties, Drives drives) {
        return add(pc, properties);
    }

    /** For all others. */
    PcConfig add(PcConfig pc, List<KeyValues.Pair> properties) {
        throw new IllegalStateException(device + " needs drives");
    }

    void refuseAll(List<KeyValues.Pair> properties) {
        if (!properties.isEmpty()) {
            throw unknown(properties.getFirst());
        }
    }

    ConfigurationException unknown(KeyValues.Pair property) {
        return new ConfigurationException("-device %s,%s=%s: Property '%s.%s' not found"
                .formatted(device, property.key(), property.value(), device, property.key()));
    }

    /** What {@code -device help} prints. */
    static List<String> list() {
        List<String> lines = new ArrayList<>(List.of("Misc devices:"));
        for (QemuDevice device : values()) {
            lines.add("name \"%s\", bus %s%s"
                    .formatted(
                            device.device,
                            device.bus,
                            device.description.isEmpty() ? "" : ", desc \"" + device.description + "\""));
        }
        return lines;
    }
}
