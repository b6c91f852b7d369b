// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.DiskConfig;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import dev.synapic.machine.block.BlockStore;
import dev.synapic.machine.block.FileStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The images behind disks, from {@code -drive} and {@code --disk}. They are opened when a machine is about to be made, and closed with
 * this object.
 */
public final class Drives implements AutoCloseable {
    /** Where a drive's disk comes from. */
    private enum Interface {
        VIRTIO,
        SCSI,
        NONE,
        /** What the machine's face is used to. */
        ANY
    }

    private static final String INTERFACES = "%s: there are only if=virtio, if=scsi and if=none here";

    private record Drive(String option, String file, String id, boolean readOnly, String serial, Interface at) {}

    private final Consumer<String> notices;
    private final List<Drive> drives = new ArrayList<>();
    private final List<BlockStore> open = new ArrayList<>();
    private final Set<Drive> used = Collections.newSetFromMap(new IdentityHashMap<>());

    /** notices hears, one line each, of images that fail while the machine runs. */
    public Drives(Consumer<String> notices) {
        this.notices = notices;
    }

    /** {@code -drive file=F,if=virtio|scsi|none,id=I,format=raw,readonly=on|off}. */
    void drive(String argument) {
        String option = "-drive " + argument;
        String file = null;
        String id = "";
        String serial = "";
        boolean readOnly = false;
        Interface at = null;
        for (KeyValues.Pair pair : KeyValues.parse(argument, "")) {
            switch (pair.key()) {
                case "file" -> file = pair.value();
                case "id" -> id = pair.value();
                case "serial" -> serial = pair.value();
                case "if" -> at = interfaceOf(option, pair.value());
                case "format" -> checkRaw(option, pair.value());
                case "readonly", "read-only" -> readOnly = KeyValues.onOff(pair.key(), pair.value());
                case "media" -> checkDisk(option, pair.value());
                case "cache", "aio", "discard", "detect-zeroes", "index" -> {
                    // How the host does it; the guest sees the same.
                }
                default ->
                    throw new ConfigurationException(
                            "%s: Block format 'raw' does not support the option '%s'".formatted(option, pair.key()));
            }
        }
        if (file == null) {
            throw new ConfigurationException(option + ": A file is needed: file=F");
        }
        if (at == null) {
            throw new ConfigurationException(INTERFACES.formatted(option));
        }
        add(new Drive(option, file, id, readOnly, serial, at));
    }

    /** {@code --disk FILE[,if=virtio|scsi][,readonly=on][,serial=S]}. */
    public void disk(String argument) {
        String option = "--disk " + argument;
        List<KeyValues.Pair> pairs = KeyValues.parse(argument, "file");
        String file = null;
        String serial = "";
        boolean readOnly = false;
        Interface at = Interface.ANY;
        for (KeyValues.Pair pair : pairs) {
            switch (pair.key()) {
                case "file" -> file = pair.value();
                case "serial" -> serial = pair.value();
                case "if" -> at = interfaceOf(option, pair.value());
                case "readonly" -> readOnly = KeyValues.onOff(pair.key(), pair.value());
                default ->
                    throw new ConfigurationException(
                            "%s: there is no '%s': FILE[,if=virtio|scsi][,readonly=on][,serial=S]"
                                    .formatted(option, pair.key()));
            }
        }
        if (file == null || file.isEmpty()) {
            throw new ConfigurationException(option + ": the file is missing");
        }
        if (at == Interface.NONE) {
            throw new ConfigurationException(option + ": there are only if=virtio and if=scsi here");
        }
        add(new Drive(option, file, "", readOnly, serial, at));
    }

    private void add(Drive drive) {
        if (!drive.id().isEmpty() && find(drive.id()) != null) {
            throw new ConfigurationException("%s: Duplicate ID '%s' for drive".formatted(drive.option(), drive.id()));
        }
        drives.add(drive);
    }

    private static Interface interfaceOf(String option, String name) {
        return switch (name) {
            case "virtio" -> Interface.VIRTIO;
            case "scsi" -> Interface.SCSI;
            case "none" -> Interface.NONE;
            default -> throw new ConfigurationException(INTERFACES.formatted(option));
        };
    }

    private static void checkRaw(String option, String format) {
        if (!format.equals("raw")) {
            throw new ConfigurationException(
                    "%s: Unknown driver '%s': there is only raw here".formatted(option, format));
        }
    }

    private static void checkDisk(String option, String media) {
        if (!media.equals("disk")) {
            throw new ConfigurationException(
                    "%s: '%s' invalid media: there is only disk here".formatted(option, media));
        }
    }

    private @Nullable Drive find(String id) {
        return drives.stream().filter(d -> d.id().equals(id)).findFirst().orElse(null);
    }

    // ---- for a machine

    /**
     * The board with a disk for each drive that needs no {@code -device}. Where a drive does not say, it is on VMBus if the board has
     * that, as a Hyper-V guest expects, and else on PCI.
     */
    public PcConfig attach(PcConfig pc) {
        DiskConfig.Bus usual = pc.has(PcDevice.VMBUS) ? DiskConfig.Bus.VMBUS : DiskConfig.Bus.PCI;
        PcConfig board = pc;
        for (Drive drive : drives) {
            board = switch (drive.at()) {
                case ANY -> board.withDisk(open(drive, usual, drive.serial(), DiskConfig.QUEUE_PER_VCPU));
                case VIRTIO ->
                    board.withDisk(open(drive, DiskConfig.Bus.PCI, drive.serial(), DiskConfig.QUEUE_PER_VCPU));
                case SCSI ->
                    board.withDisk(open(drive, DiskConfig.Bus.VMBUS, drive.serial(), DiskConfig.QUEUE_PER_VCPU));
                case NONE -> board;
            };
        }
        return board;
    }

    /** Throws where a drive is on VMBus and the board has none. */
    void checkVmbus(PcConfig pc) {
        if (!pc.has(PcDevice.VMBUS)) {
            for (Drive drive : drives) {
                if (drive.at() == Interface.SCSI) {
                    throw new ConfigurationException(
                            "%s: SCSI disks are on VMBus here: add -device vmbus-bridge".formatted(drive.option()));
                }
            }
        }
    }

    /** {@code -device virtio-blk-pci,drive=I[,serial=S][,num-queues=N]}. */
    PcConfig attach(PcConfig pc, String option, List<KeyValues.Pair> properties) {
        String id = null;
        String serial = "";
        int queues = DiskConfig.QUEUE_PER_VCPU;
        for (KeyValues.Pair property : properties) {
            switch (property.key()) {
                case "drive" -> id = property.value();
                case "serial" -> serial = property.value();
                case "num-queues" -> queues = KeyValues.number("num-queues", property.value(), DiskConfig.MOST_QUEUES);
                case "disable-legacy", "disable-modern" -> checkModern(option, property);
                default ->
                    throw new ConfigurationException(
                            "%s: Property 'virtio-blk-pci.%s' not found".formatted(option, property.key()));
            }
        }
        if (id == null) {
            throw new ConfigurationException(option + ": drive property not set");
        }
        Drive drive = find(id);
        if (drive == null) {
            throw new ConfigurationException(
                    "%s: Property 'virtio-blk-pci.drive' can't find value '%s'".formatted(option, id));
        }
        return pc.withDisk(open(drive, DiskConfig.Bus.PCI, serial.isEmpty() ? drive.serial() : serial, queues));
    }

    /** The device is a modern one, and only that. */
    static void checkModern(String option, KeyValues.Pair property) {
        boolean modern = property.key().equals("disable-legacy");
        if (KeyValues.onOff(property.key(), property.value()) != modern) {
            throw new ConfigurationException("%s: there is no legacy virtio here".formatted(option));
        }
    }

    private DiskConfig open(Drive drive, DiskConfig.Bus bus, String serial, int queues) {
        if (!used.add(drive)) {
            throw new ConfigurationException(
                    "%s: Drive '%s' is already in use by another device".formatted(drive.option(), drive.id()));
        }
        try {
            BlockStore store = FileStore.open(Path.of(drive.file()), drive.readOnly());
            open.add(store);
            return new DiskConfig(bus, store, serial, queues, notices);
        } catch (IOException e) {
            throw new ConfigurationException("%s: %s".formatted(drive.option(), e.getMessage()));
        }
    }

    @Override
    public void close() {
        open.forEach(BlockStore::close);
    }
}
