// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

import org.jspecify.annotations.Nullable;

/** The I/O port space: 65,536 ports, each with at most one device. Ports without one read as all ones. */
public final class IoBus {
    private static final int PORTS = 0x1_0000;

    private final @Nullable IoDevice[] devices = new IoDevice[PORTS];
    private final int[] firstPort = new int[PORTS];

    /** Gives a device the ports first to first + count - 1. */
    public void attach(int first, int count, IoDevice device) {
        for (int port = first; port < first + count; port++) {
            if (devices[port] != null) {
                throw new IllegalStateException("port 0x%x has a device already".formatted(port));
            }
            devices[port] = device;
            firstPort[port] = first;
        }
    }

    public int in(int port, int size) {
        IoDevice device = devices[port];
        int value = device == null ? -1 : device.in(port - firstPort[port], size);
        return size == 4 ? value : value & (1 << size * 8) - 1;
    }

    public void out(int port, int size, int value) {
        IoDevice device = devices[port];
        if (device != null) {
            device.out(port - firstPort[port], size, size == 4 ? value : value & (1 << size * 8) - 1);
        }
    }
}
