// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.bus;

import org.jspecify.annotations.Nullable;

/** The I/O port space: 65,536 ports, each with at most one device. Ports without one read as all ones. */
public final class IoBus {
    private static final int PORTS = 0x1_0000;

    private final @Nullable IoDevice[] devices = new IoDevice[PORTS];
    private final int[] firstPort = new int[PORTS];
    private WriteWatch watch = WriteWatch.NONE;

    /** Who sees each write first; the last one that is named. */
    public void watch(WriteWatch watcher) {
        watch = watcher;
    }

    /** Gives a device the ports first to first + count - 1. */
    public void attach(int first, int count, IoDevice device) {
        for (int port = first; port < first + count; port++) {
            if (devices[port] != null) {
                throw new IllegalStateException("port 0x%x has a device already".formatted(port));
            }
        }
        for (int port = first; port < first + count; port++) {
            devices[port] = device;
            firstPort[port] = first;
        }
    }

    /** Takes ports from their devices. */
    public void detach(int first, int count) {
        for (int port = first; port < first + count; port++) {
            devices[port] = null;
        }
    }

    /** Whether these are ports, and nobody's. */
    public boolean isFree(int first, int count) {
        if (first < 0 || count < 1 || first > PORTS - count) {
            return false;
        }
        for (int port = first; port < first + count; port++) {
            if (devices[port] != null) {
                return false;
            }
        }
        return true;
    }

    public int in(int port, int size) {
        IoDevice device = devices[port];
        if (device == null) {
            return (int) mask(size);
        }
        if (size > device.widestAccess()) {
            int half = size / 2;
            return in(port, half) | in(port + half & PORTS - 1, half) << half * 8;
        }
        return device.in(port - firstPort[port], size) & (int) mask(size);
    }

    public void out(int port, int size, int value) {
        if (!watch.takes(port, size, value & mask(size))) {
            pass(port, size, value);
        }
    }

    private void pass(int port, int size, int value) {
        IoDevice device = devices[port];
        if (device == null) {
            return;
        }
        if (size > device.widestAccess()) {
            int half = size / 2;
            pass(port, half, value);
            pass(port + half & PORTS - 1, half, value >>> half * 8);
            return;
        }
        device.out(port - firstPort[port], size, value & (int) mask(size));
    }

    private static long mask(int size) {
        return (1L << size * 8) - 1;
    }
}
