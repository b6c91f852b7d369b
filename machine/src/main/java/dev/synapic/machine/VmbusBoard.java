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
import java.util.List;

/** VMBus and the devices on it, as a machine has them. On the machine's thread. */
public final class VmbusBoard {
    private final Vmbus bus;

    VmbusBoard(
            MachineConfig config, GuestMemory ram, InterruptFabric fabric, SintGsiAllocator lines, DeviceClock clock) {
        VmbusPorts ports = new VmbusPorts(
                lines, fabric.slotTurns(), fabric.synIcPages(), fabric.connections(), ram, new BusClock(clock));
        this.bus = new Vmbus(ports, devices(config));
    }

    /** What is offered, in this order. */
    private List<VmbusDevice> devices(MachineConfig config) {
        return List.of();
    }

    public Vmbus bus() {
        return bus;
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
