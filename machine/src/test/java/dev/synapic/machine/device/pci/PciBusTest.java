// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.bus.MmioBus;
import dev.synapic.machine.bus.MmioDevice;
import dev.synapic.machine.device.PowerPort;
import dev.synapic.machine.device.ResetControl;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against PCI Local Bus 3.0; ids and routing as the 440FX and PIIX3 data sheets and QEMU's "pc" machine have them. */
class PciBusTest {
    private static final int COMMAND = 0x04;
    private static final int BAR_0 = 0x10;
    private static final int BAR_1 = 0x14;
    private static final PciId ID = PciId.qemu(0x1234, 0x5678, 1, 0xFF_0000);

    private final Buses buses = new Buses(new IoBus(), new MmioBus());
    private final List<String> seen = new ArrayList<>();
    private final PciBus bus = bus();
    private final PciFunction function = function();

    private PciBus bus() {
        PowerPort power = new PowerPort() {
            @Override
            public void powerOff() {}

            @Override
            public void sleepForever(int type) {}

            @Override
            public void reset(Reset reach, String by) {
                seen.add("reset " + reach);
            }
        };
        PciBus made = new PciBus(buses, (gsi, on) -> seen.add(gsi + (on ? "+" : "-")), new ResetControl(power));
        buses.io().attach(PciBus.ADDRESS_PORT, PciBus.PORTS, made);
        return made;
    }

    private static PciFunction function() {
        return new PciFunction(ID)
                .memoryBar(0, 4096, new MmioDevice() {
                    @Override
                    public long read(long offset, int size) {
                        return 0x42;
                    }
                })
                .ioBar(1, 256, new IoDevice() {
                    @Override
                    public int in(int offset, int size) {
                        return 0x43;
                    }
                })
                .withInterruptPin();
    }

    private int read(int devfn, int register, int size) {
        buses.io().out(0xCF8, 4, 1 << 31 | devfn << 8 | register & ~3);
        return buses.io().in(0xCFC + (register & 3), size);
    }

    private void write(int devfn, int register, int size, int value) {
        buses.io().out(0xCF8, 4, 1 << 31 | devfn << 8 | register & ~3);
        buses.io().out(0xCFC + (register & 3), size, value);
    }

    @Test
    void theBridgesOfAPcAreThere() {
        assertThat(read(0, 0, 4)).isEqualTo(0x1237_8086);
        assertThat(read(0, 0x0A, 2)).as("a host bridge").isEqualTo(0x0600);
        assertThat(read(1 << 3, 0, 4)).isEqualTo(0x7000_8086);
        assertThat(read(1 << 3, 0x0A, 2)).as("an ISA bridge").isEqualTo(0x0601);
        assertThat(read(2 << 3, 0, 4)).isEqualTo(-1);
    }

    /** 3.2.2.3.2: only 32-bit accesses reach the address port; without the enable bit there is nothing. */
    @Test
    void theAddressPortTakesThirtyTwoBitsOnly() {
        buses.io().out(0xCF8, 4, 0x8000_0000);
        buses.io().out(0xCF8, 1, 0x55);
        assertThat(buses.io().in(0xCF8, 4)).isEqualTo(0x8000_0000);
        buses.io().out(0xCF8, 4, 0);
        assertThat(buses.io().in(0xCFC, 4)).isEqualTo(-1);
        buses.io().out(0xCF8, 4, 0x8001_0000);
        assertThat(buses.io().in(0xCFC, 4)).as("no bus 1").isEqualTo(-1);
        buses.io().out(0xCF9, 1, 0x06);
        assertThat(seen).as("the byte at 0xCF9 is the reset register").containsExactly("reset MACHINE");
    }

    /** kvm-unit-tests' pci_config_readb puts the byte into the address and reads from 0xCFC. */
    @Test
    void theAddressPortsLowBitsSelectAByteToo() {
        buses.io().out(0xCF8, 4, 0x8000_0002);
        assertThat(buses.io().in(0xCFC, 1)).isEqualTo(0x37);
    }

    @Test
    void aGuestSizesABaseAddressRegisterByWritingOnes() {
        bus.attach(3, 0, function);
        write(3 << 3, BAR_0, 4, -1);
        assertThat(read(3 << 3, BAR_0, 4)).isEqualTo(0xFFFF_F000);
        write(3 << 3, BAR_1, 4, -1);
        assertThat(read(3 << 3, BAR_1, 4)).isEqualTo(0xFFFF_FF01);
        write(3 << 3, 0x18, 4, -1);
        assertThat(read(3 << 3, 0x18, 4)).as("no BAR 2").isZero();
    }

    @Test
    void aBarAnswersWhereItLiesWhileTheCommandRegisterSaysSo() {
        bus.attach(3, 0, function);
        write(3 << 3, BAR_0, 4, 0xE000_0000);
        write(3 << 3, BAR_1, 4, 0xD000);
        assertThat(buses.mmio().read(0xE000_0000L, 1)).isEqualTo(0xFF);
        write(3 << 3, COMMAND, 2, 3);
        assertThat(buses.mmio().read(0xE000_0FFFL, 1)).isEqualTo(0x42);
        assertThat(buses.io().in(0xD0FF, 1)).isEqualTo(0x43);
        write(3 << 3, BAR_0, 4, 0xE100_0000);
        assertThat(buses.mmio().read(0xE000_0000L, 1)).isEqualTo(0xFF);
        assertThat(buses.mmio().read(0xE100_0000L, 1)).isEqualTo(0x42);
        write(3 << 3, COMMAND, 2, 0);
        assertThat(buses.io().isFree(0xD000, 256)).isTrue();
    }

    @Test
    void aBarOverAnotherDeviceDoesNotAnswerUntilItMovesAway() {
        bus.attach(3, 0, function);
        buses.mmio().attach(0xE000_0000L, 0x1000, new MmioDevice() {});
        write(3 << 3, COMMAND, 2, 2);
        write(3 << 3, BAR_0, 4, 0xE000_0000);
        write(3 << 3, BAR_0, 4, 0xE000_1000);
        assertThat(buses.mmio().read(0xE000_1000L, 1)).isEqualTo(0x42);
    }

    @Test
    void firmwareGivesEveryBarAnAddressOfItsSize() {
        bus.attach(3, 0, function);
        bus.attach(4, 0, new PciFunction(ID).memory64Bar(0, 1L << 33, new MmioDevice() {
                    @Override
                    public long read(long offset, int size) {
                        return offset >>> 32;
                    }
                }));
        bus.assignResources();
        assertThat(read(3 << 3, BAR_0, 4)).isEqualTo(0xFEBF_F000);
        assertThat(read(3 << 3, BAR_1, 4)).isEqualTo(0xC001);
        assertThat(read(3 << 3, 0x3C, 2))
                .as("slot 3 is on link 2: GSI 11, INTA")
                .isEqualTo(0x010B);
        assertThat(read(4 << 3, BAR_0, 4)).as("64 bits").isEqualTo(4);
        assertThat(read(4 << 3, BAR_1, 4)).isEqualTo(0x80);
        assertThat(buses.mmio().read(0x81_0000_0000L, 4)).isEqualTo(1);
    }

    /** PIIX3: PIRQRC bit 7 takes the link off, bits 3:0 are the interrupt. */
    @Test
    void anInterruptPinLeadsToTheGsiOfItsLink() {
        bus.attach(3, 0, function);
        PciFunction neighbour = new PciFunction(ID).withInterruptPin();
        bus.attach(7, 0, neighbour);
        bus.assignResources();
        function.setInterrupt(true);
        neighbour.setInterrupt(true);
        function.setInterrupt(false);
        assertThat(seen).as("both are on link 2").containsExactly("11+");
        neighbour.setInterrupt(false);
        assertThat(seen).containsExactly("11+", "11-");
    }

    @Test
    void linksThatShareAGsiHoldItTogether() {
        bus.attach(3, 0, function);
        PciFunction neighbour = new PciFunction(ID).withInterruptPin();
        bus.attach(4, 0, neighbour);
        bus.assignResources();
        function.setInterrupt(true);
        neighbour.setInterrupt(true);
        function.setInterrupt(false);
        assertThat(seen).containsExactly("11+");
        write(1 << 3, 0x63, 1, 0x05);
        assertThat(seen).as("the guest routes link 3 elsewhere").containsExactly("11+", "11-", "5+");
        write(4 << 3, COMMAND, 2, 0x400);
        assertThat(seen).as("interrupt disable").endsWith("5-");
        assertThat(read(4 << 3, 0x06, 2) & 8)
                .as("the status tells it all the same")
                .isEqualTo(8);
    }

    @Test
    void theMsiCapabilitySendsWhereTheGuestSaid() {
        List<String> messages = new ArrayList<>();
        MsiCapability msi = new MsiCapability((address, data) -> {
            messages.add("%x %x".formatted(address, data));
            return 1;
        });
        bus.attach(3, 0, function.capability(msi));
        assertThat(read(3 << 3, 0x06, 2) & 0x10).isEqualTo(0x10);
        int at = read(3 << 3, 0x34, 1);
        assertThat(read(3 << 3, at, 4)).as("MSI, the last, 64 bits").isEqualTo(0x0080_0005);
        assertThat(msi.send()).as("not enabled").isZero();
        write(3 << 3, at + 4, 4, 0xFEE0_1000);
        write(3 << 3, at + 8, 4, 0);
        write(3 << 3, at + 12, 2, 0x31);
        write(3 << 3, at + 2, 2, 0xFFFF);
        assertThat(read(3 << 3, at + 2, 2)).isEqualTo(0x81);
        assertThat(msi.send()).isEqualTo(1);
        assertThat(messages).containsExactly("fee01000 31");
    }

    @Test
    void restoreOfSaveIsTheSameBus() {
        bus.attach(3, 0, function);
        bus.assignResources();
        write(3 << 3, BAR_0, 4, 0xE000_0000);
        function.setInterrupt(true);
        PciState saved = bus.save();
        bus.reset();
        assertThat(seen).containsExactly("11+", "11-");
        assertThat(buses.mmio().read(0xE000_0000L, 1)).isEqualTo(0xFF);
        bus.restore(saved);
        assertThat(bus.save()).isEqualTo(saved);
        assertThat(buses.mmio().read(0xE000_0000L, 1)).isEqualTo(0x42);
        assertThat(seen).containsExactly("11+", "11-", "11+");
        bus.attach(5, 0, new PciFunction(ID));
        assertThatThrownBy(() -> bus.restore(saved)).hasMessageContaining("functions");
        assertThatThrownBy(() -> bus.attach(5, 0, new PciFunction(ID))).isInstanceOf(IllegalStateException.class);
    }

    /** PCI Express 4.0, 7.2.2: bus, device, function and register are bits 27:20, 19:15, 14:12 and 11:0 of the address. */
    @Test
    void enhancedAccessReachesTheSameRegistersAsThePorts() {
        MmioDevice ecam = bus.enhancedAccess();
        bus.attach(4, 0, function);
        assertThat(ecam.read(4 << 15, 4) & 0xFFFF_FFFFL).isEqualTo(0x5678_1234L);
        ecam.write(4 << 15 | COMMAND, 2, 3);
        buses.io().out(PciBus.ADDRESS_PORT, 4, 1 << 31 | 4 << 11 | COMMAND);
        assertThat(buses.io().in(PciBus.DATA_PORT, 2) & 0xFFFF).isEqualTo(3);
        assertThat(ecam.read(5 << 15, 4)).as("nobody there").isEqualTo(-1);
        assertThat(ecam.read(1 << 20 | 4 << 15, 4)).as("another bus").isEqualTo(-1);
        assertThat(ecam.read(4 << 15 | 0x100, 4)).as("no extended registers").isEqualTo(-1);
    }
}
