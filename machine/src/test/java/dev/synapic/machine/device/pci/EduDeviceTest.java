// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.bus.BusMaster;
import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.bus.MmioBus;
import dev.synapic.machine.device.DeviceTime;
import dev.synapic.machine.device.PowerPort;
import dev.synapic.machine.device.ResetControl;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against QEMU's docs/specs/edu and what kvm-unit-tests' lib/pci-edu.c does. */
class EduDeviceTest {
    private static final long BAR = 0xFEB0_0000L;
    private static final int CONFIGURATION = 2 << 11;
    private static final int MSI = 0x40;
    private static final long BUFFER = 0x4_0000;

    private final DeviceTime time = new DeviceTime();
    private final GuestMemory ram = GuestMemory.allocate(2 << 20);
    private final Buses buses = new Buses(new IoBus(), new MmioBus());
    private final List<String> seen = new ArrayList<>();
    private final EduDevice edu = new EduDevice(
            time, new BusMaster(ram, (address, data) -> 0, BusMaster.Translation.NONE), (address, data) -> {
                seen.add("%x %x".formatted(address, data));
                return 1;
            });

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
        PciBus bus = new PciBus(buses, (gsi, on) -> seen.add(gsi + (on ? "+" : "-")), new ResetControl(power));
        buses.io().attach(PciBus.ADDRESS_PORT, PciBus.PORTS, bus);
        bus.attach(2, 0, edu.function());
        bus.assignResources();
    }

    @AfterEach
    void close() {
        ram.close();
    }

    private long read(int register) {
        return buses.mmio().read(BAR + register, 4);
    }

    private void write(int register, long value) {
        buses.mmio().write(BAR + register, 4, value);
    }

    private void write64(int register, long value) {
        buses.mmio().write(BAR + register, 8, value);
    }

    private void configure(int register, int value) {
        buses.io().out(0xCF8, 4, 1 << 31 | CONFIGURATION | register);
        buses.io().out(0xCFC, 4, value);
    }

    private void transfer(long from, long to, long count, int command) {
        write64(0x80, from);
        write64(0x88, to);
        write64(0x90, count);
        write(0x98, command);
    }

    @Test
    void itIsFoundByItsIds() {
        buses.io().out(0xCF8, 4, 1 << 31 | CONFIGURATION);
        assertThat(buses.io().in(0xCFC, 4)).isEqualTo(0x11E8_1234);
        assertThat(read(0x00)).as("version 1.0, edu").isEqualTo(0x0100_00ED);
    }

    /** lib/pci-edu.c, edu_check_alive. */
    @Test
    void livenessIsTheInverseOfWhatWasWritten() {
        write(0x04, 0x1234_5678);
        assertThat(read(0x04)).isEqualTo(0xEDCB_A987L);
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "1, 1", "5, 120", "12, 479001600", "13, 1932053504", "33, 2147483648", "34, 0", "4294967295, 0"
    })
    void theFactorialIsThereAfterAWhile(long number, long factorial) {
        write(0x08, number);
        assertThat(read(0x20) & 1).as("computing").isEqualTo(number == 0 ? read(0x20) & 1 : 1);
        write(0x08, 3);
        time.pass(DeviceTime.MICROSECOND);
        assertThat(read(0x20) & 1).isZero();
        assertThat(read(0x08))
                .as("modulo 2^32; a write while it computed was ignored")
                .isEqualTo(factorial);
        assertThat(seen).isEmpty();
    }

    @Test
    void theFactorialInterruptsIfItWasAskedTo() {
        write(0x20, 0xFF);
        assertThat(read(0x20)).as("bit 7 only").isEqualTo(0x80);
        write(0x08, 4);
        time.pass(DeviceTime.MICROSECOND);
        assertThat(read(0x24)).isEqualTo(1);
        assertThat(seen).containsExactly("10+");
    }

    @Test
    void interruptsAreRaisedAndAcknowledgedByBits() {
        write(0x60, 0);
        assertThat(seen).isEmpty();
        write(0x60, 6);
        write(0x64, 2);
        assertThat(read(0x24)).isEqualTo(4);
        assertThat(seen).containsExactly("10+");
        write(0x64, 4);
        assertThat(seen).containsExactly("10+", "10-");
    }

    /** kvm-unit-tests' x86/intel-iommu.c, vtd_test_ir: the same register raises a message once MSI is enabled. */
    @Test
    void withMsiEnabledItSendsMessages() {
        configure(MSI + 4, 0xFEE0_0050);
        configure(MSI + 12, 0x77);
        configure(MSI, 1 << 16);
        write(0x60, 1);
        write(0x60, 1);
        assertThat(seen).containsExactly("fee00050 77", "fee00050 77");
    }

    /** x86/intel-iommu.c, vtd_test_dmar: four bytes to the device and back, four bytes further on. */
    @Test
    void transfersGoBothWays() {
        ram.putInt(0x1000, 0x1234_5678);
        transfer(0x1000, BUFFER, 4, 1);
        assertThat(read(0x98) & 1).as("under way").isEqualTo(1);
        write64(0x90, 100);
        assertThat(read(0x90)).as("not written meanwhile").isEqualTo(4);
        time.pass(DeviceTime.MILLISECOND);
        assertThat(read(0x98) & 1).isZero();
        transfer(BUFFER, 0x1004, 4, 1 | 2 | 4);
        time.pass(DeviceTime.MILLISECOND);
        assertThat(ram.getInt(0x1004)).isEqualTo(0x1234_5678);
        assertThat(read(0x24)).as("interrupt of the transfer").isEqualTo(0x100);
        assertThat(buses.mmio().read(BAR + 0x88, 8)).isEqualTo(0x1004);
    }

    @Test
    void addressesHave28Bits() {
        ram.putInt(0x1000, 7);
        transfer(0xF000_1000L, BUFFER + 4092, 4, 1);
        time.pass(DeviceTime.MILLISECOND);
        transfer(BUFFER + 4092, 0x2000, 4, 3);
        time.pass(DeviceTime.MILLISECOND);
        assertThat(ram.getInt(0x2000)).isEqualTo(7);
    }

    @ParameterizedTest
    @CsvSource({"0x3ffff, 4", "0x40ffd, 4", "0x40000, 4097", "0x40000, -1", "-4, 8", "0x7fffffffffffffff, 4096"})
    void aTransferBeyondTheBufferDoesNotHappen(long inDevice, long count) {
        ram.fill(0x1000, 16, (byte) 0x55);
        transfer(inDevice, 0x1000, count, 3);
        time.pass(DeviceTime.MILLISECOND);
        assertThat(read(0x98) & 1).isZero();
        assertThat(ram.getInt(0x1000)).isEqualTo(0x5555_5555);
    }

    @Test
    void withoutBusMasteringMemoryIsOutOfReach() {
        ram.putInt(0x1000, 0x55);
        configure(0x04, 0x0003);
        transfer(BUFFER, 0x1000, 4, 3);
        time.pass(DeviceTime.MILLISECOND);
        assertThat(ram.getInt(0x1000)).isEqualTo(0x55);
    }

    @Test
    void accessesOfOtherWidthsFindNothing() {
        assertThat(buses.mmio().read(BAR, 1)).isEqualTo(0xFF);
        assertThat(buses.mmio().read(BAR, 8)).isEqualTo(-1);
        assertThat(read(0x0C)).isEqualTo(0xFFFF_FFFFL);
        buses.mmio().write(BAR + 0x04, 2, 5);
        buses.mmio().write(BAR + 0x80, 2, 5);
        assertThat(read(0x04)).isZero();
        assertThat(read(0x80)).isZero();
    }

    @Test
    void aRestoredDeviceFinishesWhatTheSavedOneBegan() {
        ram.putInt(0x1000, 42);
        transfer(0x1000, BUFFER, 4, 5);
        write(0x08, 5);
        EduDevice.State saved = edu.save();
        edu.reset();
        time.pass(DeviceTime.MICROSECOND);
        assertThat(read(0x08)).as("nothing is under way").isZero();
        assertThat(read(0x98)).isZero();
        edu.restore(saved);
        assertThat(edu.save()).isEqualTo(saved);
        time.pass(DeviceTime.MILLISECOND);
        assertThat(read(0x08)).isEqualTo(120);
        assertThat(read(0x24)).isEqualTo(0x100);
        assertThatThrownBy(() -> new EduDevice.State(9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ""))
                .hasMessageContaining("version 9");
        assertThatThrownBy(() -> new EduDevice.State(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ""))
                .hasMessageContaining("4096");
    }
}
