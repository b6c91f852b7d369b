// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

/**
 * What kind of device stands behind a transport. The transport knows registers, queues and interrupts, the device what the buffers
 * mean. All calls come on the machine's thread.
 */
public interface VirtioDevice {
    /** Virtio's number of the kind (5). */
    int deviceId();

    /** The PCI class code, bits 23:0. */
    int pciClass();

    /** Feature bits of the kind. */
    long features();

    /** How many queues there are; queue numbers are below. */
    int queues();

    /** How long after a notification buffers are used, in picoseconds of virtual time: a model, one value for each kind of device. */
    long latencyPs();

    /** Uses the buffers that the queue offers, as far as the device wants them. */
    void serve(int number, Virtqueue queue) throws RingViolation;

    /** A byte of the configuration space; zero behind its end. */
    default int readConfiguration(int offset) {
        return 0;
    }

    default void writeConfiguration(int offset, int size, long value) {}

    /** The driver is ready, or gone. */
    default void driverReady(boolean ready) {}
}
