// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.bus.MmioBus;
import dev.synapic.machine.bus.PinLines;
import dev.synapic.machine.device.PowerPort;
import dev.synapic.machine.device.ResetControl;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against QEMU's docs/specs/pci-testdev. */
class PciTestDeviceTest {
    private static final long MEMORY = 0xFEBF_F000L;
    private static final int PORTS = 0xC000;

    private final Buses buses = new Buses(new IoBus(), new MmioBus());
    private final PciTestDevice device = new PciTestDevice();

    @BeforeEach
    void attach() {
        PowerPort power = new PowerPort() {
            @Override
            public void powerOff() {}

            @Override
            public void sleepForever(int type) {}

            @Override
            public void reset(Reset reach, String by) {}
        };
        PciBus bus = new PciBus(buses, PinLines.UNCONNECTED, new ResetControl(power));
        bus.attach(bus.freeSlot(), 0, device.function());
        bus.assignResources();
    }

    @Test
    void eachTestTellsItsWidthTargetValueAndName() {
        buses.mmio().write(MEMORY, 1, 2);
        assertThat(buses.mmio().read(MEMORY + 1, 1)).isEqualTo(1);
        assertThat(buses.mmio().read(MEMORY + 4, 4)).isEqualTo(0x88);
        assertThat(buses.mmio().read(MEMORY + 8, 4)).isEqualTo(0xFA);
        StringBuilder name = new StringBuilder();
        for (int i = 16; buses.mmio().read(MEMORY + i, 1) != 0; i++) {
            name.append((char) buses.mmio().read(MEMORY + i, 1));
        }
        assertThat(name).hasToString("mmio-datamatch-eventfd");
        buses.mmio().write(MEMORY, 1, 3);
        assertThat(buses.mmio().read(MEMORY + 1, 1)).as("no such test").isZero();
    }

    @Test
    void writesToTheFirstTestReachTheDeviceAndAreCounted() {
        buses.io().out(PORTS, 1, 0);
        int target = PORTS + buses.io().in(PORTS + 4, 4);
        for (int i = 0; i < 16; i++) {
            buses.io().out(target, 1, 0xFA);
        }
        assertThat(buses.io().in(PORTS + 12, 4)).isEqualTo(16);
    }

    @Test
    void writesToTheOthersAreSignalsInstead() {
        for (int test = 1; test <= 2; test++) {
            buses.mmio().write(MEMORY, 1, test);
            long target = MEMORY + buses.mmio().read(MEMORY + 4, 4);
            buses.mmio().write(target, 1, 0xFA);
            buses.mmio().write(target, 1, 0xFB);
        }
        assertThat(device.signals("mmio", 1)).isEqualTo(2);
        assertThat(device.signals("mmio", 2)).as("one value only").isEqualTo(1);
        assertThat(device.signals("portio", 1)).isZero();
        assertThat(buses.mmio().read(MEMORY + 12, 4)).isEqualTo(1);
    }
}
