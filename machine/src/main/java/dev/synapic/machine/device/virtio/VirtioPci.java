// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.machine.bus.BusMaster;
import dev.synapic.machine.bus.MmioDevice;
import dev.synapic.machine.device.pci.MsixCapability;
import dev.synapic.machine.device.pci.PciFunction;
import dev.synapic.machine.device.pci.PciId;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;

/**
 * A virtio device on PCI.
 *
 * <ul>
 *   <li>Models: the modern transport: vendor capabilities for the common, notification, ISR and device structures and for access
 *       through configuration space; a vector of MSI-X for the configuration and for each queue, or the pin.
 *   <li>Spec: Virtio 1.2, 2 and 4.1. Its numbers of capabilities and BARs are QEMU's.
 *   <li>Not modelled: the legacy interface, packed rings, notification data, a queue's own reset, shared memory; none is offered. State
 *       is not saved.
 *   <li>Threading: the machine's thread. A queue is served a fixed time after a notification, in virtual time; what the driver adds
 *       until then is served with it.
 * </ul>
 */
public final class VirtioPci implements MmioDevice {
    private static final int VENDOR = 0x1AF4;
    private static final int FIRST_DEVICE = 0x1040;
    /** Revision 1: no legacy interface (4.1.2.1). */
    private static final int REVISION = 1;

    private static final int MSIX_BAR = 1;
    private static final int BAR = 4;
    private static final int BAR_BYTES = 0x4000;
    private static final int STRUCTURE_BYTES = 0x1000;
    private static final int COMMON = 0;
    private static final int ISR = 1;
    private static final int DEVICE = 2;
    private static final int NOTIFY = 3;
    private static final int NOTIFY_MULTIPLIER = 4;

    private static final int ISR_QUEUE = 1;
    private static final int ISR_CONFIGURATION = 2;

    private final VirtioDevice device;
    private final DeviceClock clock;
    private final CommonConfiguration common;
    private final MsixCapability msix;
    private final PciFunction function;
    private final Virtqueue[] queues;
    private final DeviceTimer[] turns;
    private final boolean[] planned;
    private int isr;

    /** translated says that a remapping unit stands between the device and memory. */
    public VirtioPci(VirtioDevice device, DeviceClock clock, BusMaster memory, MsiPort messages, boolean translated) {
        this.device = device;
        this.clock = clock;
        int count = device.queues();
        this.queues = new Virtqueue[count];
        this.turns = new DeviceTimer[count];
        this.planned = new boolean[count];
        for (int i = 0; i < count; i++) {
            int number = i;
            queues[i] = new Virtqueue(memory);
            turns[i] = clock.timer(() -> turn(number));
        }
        long features = device.features()
                | VirtioFeature.INDIRECT_DESC
                | VirtioFeature.EVENT_IDX
                | VirtioFeature.VERSION_1
                | (translated ? VirtioFeature.ACCESS_PLATFORM : 0);
        this.msix = new MsixCapability(messages, count + 1, MSIX_BAR);
        this.common = new CommonConfiguration(features, queues, msix.vectors(), new Follow());
        int id = FIRST_DEVICE + device.deviceId();
        this.function = new PciFunction(PciId.qemu(VENDOR, id, REVISION, device.pciClass()))
                .withInterruptPin()
                .memoryBar(MSIX_BAR, MsixCapability.BAR_BYTES, msix)
                .memoryBar(BAR, BAR_BYTES, this)
                .capability(msix)
                .capability(new PciAccess(this, BAR, BAR_BYTES))
                .capability(VirtioCapability.notify(
                        BAR, NOTIFY * STRUCTURE_BYTES, NOTIFY_MULTIPLIER * count, NOTIFY_MULTIPLIER))
                .capability(
                        VirtioCapability.of(VirtioCapability.DEVICE, BAR, DEVICE * STRUCTURE_BYTES, STRUCTURE_BYTES))
                .capability(VirtioCapability.of(VirtioCapability.ISR, BAR, ISR * STRUCTURE_BYTES, 1))
                .capability(VirtioCapability.of(
                        VirtioCapability.COMMON, BAR, COMMON * STRUCTURE_BYTES, CommonConfiguration.BYTES));
    }

    /** For the bus. */
    public PciFunction function() {
        return function;
    }

    // ---- the BAR

    @Override
    public long read(long offset, int size) {
        int within = (int) offset % STRUCTURE_BYTES;
        return switch ((int) offset / STRUCTURE_BYTES) {
            case COMMON -> common.read(within, size);
            case ISR -> within == 0 ? readIsr() : 0;
            case DEVICE -> readDevice(within, size);
            default -> 0;
        };
    }

    /** Reading takes the bits and the interrupt away (4.1.4.5.1). */
    private int readIsr() {
        int bits = isr;
        isr = 0;
        function.setInterrupt(false);
        return bits;
    }

    private long readDevice(int offset, int size) {
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | device.readConfiguration(offset + i);
        }
        return value;
    }

    @Override
    public void write(long offset, int size, long value) {
        int within = (int) offset % STRUCTURE_BYTES;
        switch ((int) offset / STRUCTURE_BYTES) {
            case COMMON -> common.write(within, size, value);
            case DEVICE -> device.writeConfiguration(within, size, value);
            case NOTIFY -> serve(within / NOTIFY_MULTIPLIER);
            default -> {
                // The ISR is read-only.
            }
        }
    }

    // ---- queues

    /** Serves a queue after the device's latency, as when the driver notifies it. */
    public void serve(int queue) {
        if (queue < queues.length && common.live() && queues[queue].enabled() && !planned[queue]) {
            planned[queue] = true;
            turns[queue].set(clock.nowPs() + device.latencyPs());
        }
    }

    private void turn(int number) {
        planned[number] = false;
        Virtqueue queue = queues[number];
        if (!common.live() || !queue.enabled() || !function.isBusMaster()) {
            return;
        }
        try {
            queue.beginTurn();
            device.serve(number, queue);
            boolean more = queue.endTurn() && queue.turnIsOver();
            if (queue.tellsDriver()) {
                interrupt(ISR_QUEUE, common.queueVector(number));
            }
            if (more) {
                serve(number);
            }
        } catch (RingViolation violation) {
            giveUp();
        }
    }

    /** 2.1.2: the driver is told that it has to reset the device. */
    private void giveUp() {
        if (common.needsReset()) {
            interrupt(ISR_CONFIGURATION, common.configVector());
        }
    }

    /** 4.1.5.1.2 and 4.1.5.1.3 for messages; the pin follows the ISR. */
    private void interrupt(int cause, int vector) {
        isr |= cause;
        if (msix.enabled()) {
            if (vector != CommonConfiguration.NO_VECTOR) {
                msix.send(vector);
            }
        } else {
            function.setInterrupt(true);
        }
    }

    private void reset() {
        common.reset();
        isr = 0;
        function.setInterrupt(false);
        device.driverReady(false);
    }

    private final class Follow implements CommonConfiguration.Listener {
        @Override
        public void reset() {
            VirtioPci.this.reset();
        }

        /** What the driver made available before is used now. */
        @Override
        public void driverReady() {
            device.driverReady(true);
            for (int i = 0; i < queues.length; i++) {
                serve(i);
            }
        }

        @Override
        public void violated(RingViolation violation) {
            giveUp();
        }
    }
}
