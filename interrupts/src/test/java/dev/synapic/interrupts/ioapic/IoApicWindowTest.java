// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.RedirectionEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** 82093AA data sheet, 3.1 and 3.2. */
class IoApicWindowTest {
    private final IoApicRig io = new IoApicRig(1);

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 8})
    void indexTakesWritesOfAnySizeAndKeepsTheLowByte(int size) {
        io.chip.write(IoApicRegister.SELECT, size, size == 1 ? 0x01 : 0xAB01);

        assertThat(io.chip.read(IoApicRegister.SELECT, 4)).isEqualTo(1);
        assertThat(io.chip.read(IoApicRegister.WINDOW, 4)).isEqualTo(0x0017_0011);
    }

    /** The window's registers are 32 bits wide (82093AA, 3.1.2). */
    @Test
    void dataRegisterTakesNoNarrowWrite() {
        io.chip.write(IoApicRegister.SELECT, 4, 0x10);

        io.chip.write(IoApicRegister.WINDOW, 1, 0x42);
        io.chip.write(IoApicRegister.WINDOW, 2, 0x4242);
        assertThat(io.chip.entry(0)).isEqualTo(RedirectionEntry.MASKED);
        io.chip.write(IoApicRegister.WINDOW, 8, 0x1234_5678_0001_0042L);

        assertThat(io.chip.entry(0)).isEqualTo(0x1_0042);
    }

    @Test
    void narrowReadsShowTheLowBytes() {
        io.writeRegister(0x10, 0x1_A3F7 & 0x1_A0FF);

        assertThat(io.chip.read(IoApicRegister.WINDOW, 1)).isEqualTo(0xF7);
        assertThat(io.chip.read(IoApicRegister.WINDOW, 2)).isEqualTo(0xA0F7);
        assertThat(io.chip.read(IoApicRegister.WINDOW, 8)).isEqualTo(0x1_A0F7);
    }

    /** 0x00170011 is what a PC with an 82093AA reads (data sheet, 3.2.2: 0017 in 23:16, 11h in 7:0). */
    @Test
    void versionTellsTwentyFourEntries() {
        assertThat(io.readRegister(IoApicRegister.VERSION)).isEqualTo(0x0017_0011);
        IoApicRig later = new IoApicRig(IoApicModel.V20, ApicRig.xapic(1));
        assertThat(later.readRegister(IoApicRegister.VERSION)).isEqualTo(0x0017_0020);
    }

    @Test
    void idHasFourBitsAndArbitrationShowsIt() {
        io.writeRegister(IoApicRegister.ID, 0xFFFF_FFFF);

        assertThat(io.readRegister(IoApicRegister.ID)).isEqualTo(0x0F00_0000);
        assertThat(io.readRegister(IoApicRegister.ARBITRATION)).isEqualTo(0x0F00_0000);
        io.writeRegister(IoApicRegister.ARBITRATION, 0);
        io.writeRegister(IoApicRegister.VERSION, 0);

        assertThat(io.readRegister(IoApicRegister.ARBITRATION)).isEqualTo(0x0F00_0000);
        assertThat(io.readRegister(IoApicRegister.VERSION)).isEqualTo(0x0017_0011);
    }

    @ParameterizedTest
    @ValueSource(ints = {0x03, 0x0F, 0x40, 0x41, 0x80, 0xFF})
    void indicesWithoutRegisterReadAllOnesAndIgnoreWrites(int index) {
        io.writeRegister(index, 0);

        assertThat(io.readRegister(index)).isEqualTo(-1);
        for (int pin = 0; pin < IoApic.PINS; pin++) {
            assertThat(io.chip.entry(pin)).isEqualTo(RedirectionEntry.MASKED);
        }
    }

    @Test
    void offsetsWithoutRegisterReadZero() {
        io.chip.write(0x20, 4, -1);

        assertThat(io.chip.read(0x20, 4)).isZero();
        assertThat(io.chip.read(IoApicRegister.EOI, 4)).isZero();
    }

    @Test
    void entriesStartMaskedAndHalvesAreWrittenSeparately() {
        assertThat(io.readRegister(0x10)).isEqualTo(0x1_0000);
        assertThat(io.readRegister(0x3E)).isEqualTo(0x1_0000);

        io.writeRegister(0x3F, 0xAB00_0000);
        io.writeRegister(0x3E, 0x77);

        assertThat(io.chip.entry(23)).isEqualTo(0xAB00_0000_0000_0077L);
    }

    @Test
    void reservedBitsOfAnEntryReadZero() {
        io.writeRegister(0x10, -1);
        io.writeRegister(0x11, -1);

        assertThat(io.readRegister(0x10))
                .as("all but delivery status, remote-IRR and 31:17")
                .isEqualTo(0x1_AFFF);
        assertThat(io.readRegister(0x11)).isEqualTo(0xFF00_0000);
    }

    @Test
    void upperHalfHasTheBitsThatItsDestinationsNeed() {
        IoApicRig fifteen = new IoApicRig(IoApicModel.V11.with(IoApicModel.Destination.FIFTEEN_BITS), ApicRig.xapic(1));
        IoApicRig remappable =
                new IoApicRig(IoApicModel.V20.with(IoApicModel.Destination.REMAPPABLE), ApicRig.xapic(1));
        fifteen.writeRegister(0x11, -1);
        remappable.writeRegister(0x11, -1);

        assertThat(fifteen.readRegister(0x11)).isEqualTo(0xFFFE_0000);
        assertThat(remappable.readRegister(0x11)).isEqualTo(0xFFFF_0000);
    }

    @Test
    void remoteIrrAndDeliveryStatusAreNotForTheGuestToWrite() {
        io.program(5, 0x30 | IoApicRig.LEVEL);
        io.writeRegister(0x1A, (int) (0x30 | IoApicRig.LEVEL | 1 << 14 | 1 << 12));
        assertThat(io.remoteIrr(5)).as("set by a write").isFalse();
        io.raise(5);

        io.writeRegister(0x1A, (int) (0x30 | IoApicRig.LEVEL | IoApicRig.MASKED));

        assertThat(io.remoteIrr(5)).as("cleared by a write").isTrue();
        assertThat(io.readRegister(0x1A) & 1 << 12).isZero();
    }

    /** How Linux ends a level interrupt without EOI register: masked and edge, then back. */
    @Test
    void makingAnEntryEdgeTriggeredClearsRemoteIrr() {
        io.program(5, 0x30 | IoApicRig.LEVEL);
        io.raise(5);

        io.writeRegister(0x1A, (int) (0x30 | IoApicRig.MASKED));
        assertThat(io.remoteIrr(5)).isFalse();
        io.take(0);
        io.writeRegister(0x1A, (int) (0x30 | IoApicRig.LEVEL));

        assertThat(io.remoteIrr(5)).as("the line is still up: requested anew").isTrue();
    }

    @Test
    void writingTheUpperHalfLeavesRemoteIrr() {
        io.program(5, 0x30 | IoApicRig.LEVEL);
        io.raise(5);

        io.writeRegister(0x1B, 0x0500_0000);

        assertThat(io.remoteIrr(5)).isTrue();
    }

    @Test
    void resetMasksAllAndLeavesTheLinesToTheirDevices() {
        io.program(5, 0x30 | IoApicRig.LEVEL);
        io.writeRegister(IoApicRegister.ID, 0x0300_0000);
        io.raise(5);

        io.chip.reset();

        assertThat(io.chip.entry(5)).isEqualTo(RedirectionEntry.MASKED);
        assertThat(io.readRegister(IoApicRegister.ID)).isZero();
        assertThat(io.chip.asserted(5)).isTrue();
    }
}
