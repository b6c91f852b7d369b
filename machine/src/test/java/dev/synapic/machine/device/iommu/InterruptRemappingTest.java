// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against VT-d 5.1 (requests), 9.10 (entries) and the table of fault reasons. */
class InterruptRemappingTest {
    private static final long PRESENT = 1;
    private static final long SILENT = 1 << 1;
    private static final long LOGICAL = 1 << 2;
    private static final long HINT = 1 << 3;
    private static final long LEVEL = 1 << 4;
    private static final long VECTOR = 0xEEL << 16;
    private static final int ASSERTED = 1 << 14;
    private static final int FULL = 1;
    private static final int BUS_RANGE = 2;

    private final IommuRig rig = new IommuRig(IommuConfig.standard(), 0, 1, 2, 255, 300).remapInterrupts(true);

    @AfterEach
    void close() {
        rig.close();
    }

    private static long to(int destination) {
        return (long) destination << 32;
    }

    private static String request(int destination, int request) {
        return "%x %x".formatted(destination, request | ASSERTED);
    }

    /** x86/intel-iommu.c, "IR MSI": vector 0xee, physical, fixed, edge, verified source. */
    @Test
    void aMessageIsReplacedByItsEntry() {
        rig.entry(2, PRESENT | VECTOR | to(1), IommuRig.FUNCTION | FULL << 18);
        assertThat(rig.send(2)).isEqualTo(1);
        assertThat(rig.sent).containsExactly(request(1, 0xEE));
        assertThat(rig.apics.get(1).irr().contains(0xEE)).isTrue();
    }

    @Test
    void extendedModeReachesIdsAbove255AndClusters() {
        rig.entry(0, PRESENT | VECTOR | to(300), 0);
        assertThat(rig.send(0)).isEqualTo(1);
        assertThat(rig.apics.get(4).irr().contains(0xEE)).isTrue();
        // Id 300 is number 12 of cluster 18 (SDM vol. 3A, 12.12.10.2).
        rig.entry(1, PRESENT | LOGICAL | 0x55L << 16 | to(18 << 16 | 1 << 12), 0);
        assertThat(rig.send(1)).isEqualTo(1);
        assertThat(rig.apics.get(4).irr().contains(0x55)).isTrue();
    }

    /** Among destinations of 32 bits 0xFF is one processor; without extended mode it is all of them. */
    @Test
    void id255IsOneProcessorInExtendedModeOnly() {
        rig.entry(0, PRESENT | VECTOR | to(255), 0);
        assertThat(rig.send(0)).isEqualTo(1);
        assertThat(rig.apics.get(3).irr().contains(0xEE)).isTrue();
        rig.entry(0, PRESENT | VECTOR | to(-1), 0);
        assertThat(rig.send(0)).isEqualTo(5);
        rig.write64(0xB8, IommuRig.INTERRUPT_TABLE | 8);
        rig.command(1 << 24);
        rig.entry(0, PRESENT | VECTOR | to(0xFF00), 0);
        assertThat(rig.send(0)).isEqualTo(5);
    }

    @Test
    void withoutExtendedModeTheDestinationIsBits47To40() {
        rig.write64(0xB8, IommuRig.INTERRUPT_TABLE | 8);
        rig.command(1 << 24);
        rig.entry(0, PRESENT | VECTOR | to(0x0200), 0);
        rig.send(0);
        assertThat(rig.sent).containsExactly(request(2, 0xEE));
        rig.entry(0, PRESENT | VECTOR | to(2), 0);
        assertThat(rig.send(0)).isZero();
        assertThat(rig.fault()).as("bits 39:32 are reserved").isEqualTo("24 10 0");
    }

    /** Delivery mode 7:5, trigger mode 4, destination mode 2, redirection hint 3. */
    @ParameterizedTest
    @CsvSource({
        "0, 0xee",
        "0x04, 0x8ee",
        "0x10, 0x80ee",
        "0x20, 0x1ee",
        "0x80, 0x4ee",
        "0xa0, 0x5ee",
        "0xe0, 0x7ee",
        "0x0c, 0x9ee",
        "0x08, 0xee",
    })
    void modeTriggerAndHintComeFromTheEntry(long modes, int expected) {
        rig.entry(0, PRESENT | modes | VECTOR | to(1), 0);
        rig.send(0);
        assertThat(rig.sent).containsExactly(request(1, expected));
    }

    /** 5.1.2.2: the handle is address bits 19:5 and, above them, 2. 5.1.3: with SHV the data is added. */
    @Test
    void theIndexIsTheHandleAndWhereTheMessageSaysSoTheSubhandle() {
        rig.write64(0xB8, IommuRig.INTERRUPT_TABLE | 0xF | 1 << 11);
        rig.command(1 << 24);
        rig.entry(0xFFFF, PRESENT | 0x71L << 16 | to(1), 0);
        rig.entry(0x105, PRESENT | 0x72L << 16 | to(1), 0);
        rig.unit.messages(1).sendMsi(IommuRig.address(0xFFFF), 0);
        rig.unit.messages(1).sendMsi(IommuRig.address(0x100) | 1 << 3, 5);
        rig.unit.messages(1).sendMsi(IommuRig.address(0x105), 0x4123);
        assertThat(rig.sent).containsExactly(request(1, 0x71), request(1, 0x72), request(1, 0x72));
    }

    @Test
    void aRequestWithReservedBitsIsRefused() {
        rig.entry(0, PRESENT | VECTOR | to(1), 0);
        rig.unit.messages(1).sendMsi(IommuRig.address(0) | 1 << 3, 0x1_0000);
        assertThat(rig.fault()).as("data bits 31:16 with SHV").isEqualTo("20 1 0");
        rig.unit.messages(1).sendMsi(IommuRig.address(0) | 1L << 40, 0);
        assertThat(rig.fault()).as("the upper address").isEqualTo("20 1 0");
        assertThat(rig.sent).isEmpty();
    }

    @Test
    void anIndexBeyondTheTableIsRefused() {
        assertThat(rig.send(512)).isZero();
        assertThat(rig.fault())
                .as("2^(8 + 1) entries; the index is in bits 63:48")
                .isEqualTo("21 10 200000000000000");
        rig.unit.messages(1).sendMsi(IommuRig.address(511) | 1 << 3, 1);
        assertThat(rig.fault()).startsWith("21 ");
    }

    @Test
    void anEntryThatIsNotPresentIsRefusedUnlessItAsksForSilence() {
        rig.send(3);
        assertThat(rig.fault()).isEqualTo("22 10 3000000000000");
        rig.entry(3, SILENT, 0);
        rig.send(3);
        assertThat(rig.fault()).isEqualTo("none");
        assertThat(rig.sent).isEmpty();
    }

    @Test
    void aTableThatIsNotInRamIsRefused() {
        rig.write64(0xB8, 0x3F_FFFF_F000L | 1 << 11);
        rig.command(1 << 24);
        rig.send(0);
        assertThat(rig.fault()).isEqualTo("23 10 0");
    }

    /** Bits 14:12, 31:24 and 127:84; the posted format, which CAP.PI does not offer; modes 3 and 6; validation 3. */
    @ParameterizedTest
    @CsvSource({
        "0x1000, 0",
        "0x4000, 0",
        "0x8000, 0",
        "0x1000000, 0",
        "0x80000000, 0",
        "0x60, 0",
        "0xc0, 0",
        "0, 0x100000",
        "0, 0x4000000000000000",
        "0, 0xc0000"
    })
    void anEntryWithReservedBitsIsRefused(long low, long high) {
        rig.entry(1, PRESENT | VECTOR | to(1) | low, high);
        rig.send(1);
        assertThat(rig.fault()).isEqualTo("24 10 1000000000000");
        rig.entry(1, PRESENT | SILENT | VECTOR | to(1) | low, high);
        rig.send(1);
        assertThat(rig.fault()).isEqualTo("none");
        assertThat(rig.sent).isEmpty();
    }

    @Test
    void bitsForSoftwareMeanNothing() {
        rig.entry(1, PRESENT | 0xF00 | VECTOR | to(1), 0);
        assertThat(rig.send(1)).isEqualTo(1);
    }

    /** 5.1.4: they pass only without extended mode and with CFIS. */
    @Test
    void compatibilityFormatIsBlockedUnlessItIsAllowed() {
        assertThat(rig.unit.messages(9).sendMsi(0xFEE0_1000L, 0x41)).isZero();
        assertThat(rig.fault()).isEqualTo("25 9 0");
        rig.command(1 << 23);
        assertThat(rig.unit.messages(9).sendMsi(0xFEE0_1000L, 0x41)).as("EIME").isZero();
        assertThat(rig.fault()).isEqualTo("25 9 0");
        rig.write64(0xB8, IommuRig.INTERRUPT_TABLE | 8);
        rig.command(1 << 24);
        assertThat(rig.unit.messages(9).sendMsi(0xFEE0_1000L, 0x41)).isEqualTo(1);
        assertThat(rig.sent).containsExactly(request(1, 0x41));
    }

    @Test
    void withoutRemappingMessagesPassAsTheyAre() {
        rig.write(0x18, 0);
        assertThat(rig.unit.messages(9).sendMsi(0xFEE0_1000L, 0x41)).isEqualTo(1);
        assertThat(rig.send(0)).as("a remappable one is for nobody").isZero();
        assertThat(rig.fault()).isEqualTo("none");
    }

    /** 9.10, SVT and SQ: qualifier 0 compares all bits, 1 leaves out bit 2, 2 bits 2:1, 3 bits 2:0. */
    @ParameterizedTest
    @CsvSource({
        "0, 0x0118, true",
        "0, 0x0119, false",
        "0, 0x0218, false",
        "1, 0x011c, true",
        "1, 0x011a, false",
        "2, 0x011e, true",
        "2, 0x0119, false",
        "3, 0x011f, true",
        "3, 0x0120, false",
    })
    void theSourceIsComparedAsTheQualifierSays(int qualifier, int source, boolean passes) {
        rig.entry(0, PRESENT | VECTOR | to(1), 0x0118 | qualifier << 16 | FULL << 18);
        assertThat(rig.send(source, 0)).isEqualTo(passes ? 1 : 0);
        assertThat(rig.fault()).isEqualTo(passes ? "none" : "26 %x 0".formatted(source));
    }

    @ParameterizedTest
    @CsvSource({"0x04ff, false", "0x0500, true", "0x07ff, true", "0x0800, false"})
    void busesAreComparedAsARange(int source, boolean passes) {
        rig.entry(0, PRESENT | VECTOR | to(1), 0x0507 | BUS_RANGE << 18);
        assertThat(rig.send(source, 0)).isEqualTo(passes ? 1 : 0);
    }

    /** QEMU's chips send without a source id; hardware's have those of the DMAR table. */
    @Test
    void chipsHaveSourceIdsUnlessTheConfigurationSaysOtherwise() {
        rig.entry(0, PRESENT | VECTOR | to(1), IommuRig.FUNCTION | FULL << 18);
        rig.unit.chipMessages(RemappingUnit.IO_APIC_DEVICE).sendMsi(IommuRig.address(0), 0);
        assertThat(rig.fault()).as("F0:1F.0").isEqualTo("26 f0f8 0");
        try (IommuRig asQemu = new IommuRig(new IommuConfig(true, true, 39, false), 0, 1)) {
            asQemu.remapInterrupts(true);
            asQemu.entry(0, PRESENT | VECTOR | to(1), IommuRig.FUNCTION | FULL << 18);
            assertThat(asQemu.unit.chipMessages(0x1F).sendMsi(IommuRig.address(0), 0))
                    .isEqualTo(1);
        }
    }

    @Test
    void aLevelTriggeredEntryIsALevelAtTheLocalApic() {
        rig.entry(0, PRESENT | LEVEL | VECTOR | to(1), 0);
        rig.send(0);
        assertThat(rig.apics.get(1).tmr().contains(0xEE)).isTrue();
    }

    @Test
    void theHintWithALogicalDestinationArbitrates() {
        rig.entry(0, PRESENT | LOGICAL | HINT | VECTOR | to(7), 0);
        assertThat(rig.send(0)).as("one of 0, 1 and 2").isEqualTo(1);
    }
}
