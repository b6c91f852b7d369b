// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

/** Virtual time as devices know it. */
public interface DeviceClock {
    /** Picoseconds since power-on; never less than what was read before. */
    long nowPs();

    /** A timer of a device's own, not set. The action runs on the machine's thread. */
    DeviceTimer timer(Runnable action);
}
