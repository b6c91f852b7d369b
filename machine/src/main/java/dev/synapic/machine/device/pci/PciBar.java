// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.bus.MmioDevice;
import org.jspecify.annotations.Nullable;

/** A base address register and what it maps (PCI Local Bus 3.0, 6.2.5.1). */
final class PciBar {
    enum Kind {
        IO(1),
        MEMORY_32(0),
        MEMORY_64(4);

        private final int lowBits;

        Kind(int lowBits) {
            this.lowBits = lowBits;
        }

        int lowBits() {
            return lowBits;
        }
    }

    private static final int IO_PORTS = 0x1_0000;

    private final int index;
    private final Kind kind;
    private final long size;
    private final @Nullable IoDevice ports;
    private final @Nullable MmioDevice memory;
    private long address;
    /** Where it is mapped now, or -1. */
    private long mapped = -1;

    private PciBar(int index, Kind kind, long size, @Nullable IoDevice ports, @Nullable MmioDevice memory) {
        if (Long.bitCount(size) != 1 || size < (kind == Kind.IO ? 4 : 16)) {
            throw new IllegalArgumentException("BAR %d: %d is no size of a BAR".formatted(index, size));
        }
        this.index = index;
        this.kind = kind;
        this.size = size;
        this.ports = ports;
        this.memory = memory;
    }

    static PciBar io(int index, int size, IoDevice device) {
        return new PciBar(index, Kind.IO, size, device, null);
    }

    static PciBar memory(int index, Kind kind, long size, MmioDevice device) {
        return new PciBar(index, kind, size, null, device);
    }

    int index() {
        return index;
    }

    Kind kind() {
        return kind;
    }

    long size() {
        return size;
    }

    long address() {
        return address;
    }

    /** The address that a guest or the firmware writes; bits below the size do not exist. */
    void setAddress(long value) {
        long mask = kind == Kind.MEMORY_64 ? -1L : 0xFFFF_FFFFL;
        address = value & -size & mask;
    }

    /** The low register, or the high one of a 64-bit BAR. */
    int register(boolean high) {
        return high ? (int) (address >>> 32) : (int) address | kind.lowBits();
    }

    /** Unset BARs and those that a guest has just sized lie where nothing can be. */
    boolean isMappable() {
        long last = address + size - 1;
        return switch (kind) {
            case IO -> address > 0 && last < IO_PORTS - 1;
            case MEMORY_32 -> address > 0 && last < 0xFFFF_FFFFL;
            case MEMORY_64 -> address > 0 && last > 0 && last != Long.MAX_VALUE;
        };
    }

    /** Appears on the buses, unless something else is there already. */
    void map(Buses spaces) {
        IoDevice io = ports;
        MmioDevice mmio = memory;
        if (io != null && spaces.io().isFree((int) address, (int) size)) {
            spaces.io().attach((int) address, (int) size, io);
            mapped = address;
        } else if (mmio != null && spaces.mmio().isFree(address, size)) {
            spaces.mmio().attach(address, size, mmio);
            mapped = address;
        }
    }

    void unmap(Buses spaces) {
        if (mapped >= 0 && kind == Kind.IO) {
            spaces.io().detach((int) mapped, (int) size);
        } else if (mapped >= 0) {
            spaces.mmio().detach(mapped);
        }
        mapped = -1;
    }
}
