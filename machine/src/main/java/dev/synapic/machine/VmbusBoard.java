// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.VirtualTime;
import dev.synapic.vmbus.Vmbus;
import dev.synapic.vmbus.VmbusClock;
import dev.synapic.vmbus.VmbusDevice;
import dev.synapic.vmbus.VmbusPorts;
import dev.synapic.vmbus.input.KeyboardDevice;
import dev.synapic.vmbus.integration.Heartbeat;
import dev.synapic.vmbus.integration.KeyValueExchange;
import dev.synapic.vmbus.integration.Shutdown;
import dev.synapic.vmbus.integration.TimeSync;
import dev.synapic.vmbus.storage.ScsiDisk;
import dev.synapic.vmbus.storage.StorVscDevice;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** VMBus and the devices on it, as a machine has them. On the machine's thread. */
public final class VmbusBoard {
    private static final UUID SCSI_CONTROLLER = UUID.fromString("7d3f5b4e-2f64-4a0b-9c55-5e8b1f0a6c21");

    private final KeyboardDevice keyboard = new KeyboardDevice();
    private final Vmbus bus;
    private final Heartbeat heartbeat;
    private final TimeSync timeSync;
    private final Shutdown shutdown = new Shutdown();
    private final KeyValueExchange keyValues = new KeyValueExchange();

    VmbusBoard(
            MachineConfig config, GuestMemory ram, InterruptFabric fabric, SintGsiAllocator lines, DeviceClock clock) {
        VmbusClock busClock = new BusClock(clock);
        this.heartbeat = new Heartbeat(busClock);
        this.timeSync =
                new TimeSync(busClock, fabric::referenceTime, config.pc().epochSeconds());
        VmbusPorts ports =
                new VmbusPorts(lines, fabric.slotTurns(), fabric.synIcPages(), fabric.connections(), ram, busClock);
        this.bus = new Vmbus(ports, devices(config));
    }

    /** What is offered, in this order. */
    private List<VmbusDevice> devices(MachineConfig config) {
        List<VmbusDevice> devices = new ArrayList<>(List.of(shutdown, timeSync, heartbeat, keyValues, keyboard));
        List<ScsiDisk> disks = new ArrayList<>();
        for (DiskConfig disk : config.pc().disks(DiskConfig.Bus.VMBUS)) {
            disks.add(new ScsiDisk(new StoreDisk(disk.store(), disk.notices()), disk.serial(), disks.size() + 1));
        }
        if (!disks.isEmpty()) {
            devices.add(new StorVscDevice(SCSI_CONTROLLER, disks));
        }
        return devices;
    }

    /** For whoever presses its keys, on the machine's thread. */
    public KeyboardDevice keyboard() {
        return keyboard;
    }

    public Vmbus bus() {
        return bus;
    }

    public Heartbeat heartbeat() {
        return heartbeat;
    }

    public TimeSync timeSync() {
        return timeSync;
    }

    public Shutdown shutdown() {
        return shutdown;
    }

    public KeyValueExchange keyValues() {
        return keyValues;
    }

    /** The devices' clock in the bus's units. */
    private record BusClock(DeviceClock clock) implements VmbusClock {
        @Override
        public long nowNanos() {
            return clock.nowPs() / VirtualTime.PS_PER_NANOSECOND;
        }

        @Override
        public Timer timer(Runnable action) {
            DeviceTimer timer = clock.timer(action);
            return new Timer() {
                @Override
                public void set(long nanos) {
                    timer.set(VirtualTime.psOfNanos(nanos));
                }

                @Override
                public void cancel() {
                    timer.set(VirtualTime.NEVER);
                }
            };
        }
    }
}
