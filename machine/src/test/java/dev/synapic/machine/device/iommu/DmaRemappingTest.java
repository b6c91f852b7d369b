// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.bus.BusMaster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against VT-d 3.4 and 3.7 (walks), 9.1, 9.3 and 9.8 (entries) and the table of fault reasons. */
class DmaRemappingTest {
    private static final long R = 1;
    private static final long W = 2;
    private static final long RW = 3;
    private static final long LARGE = 1 << 7;

    private final IommuRig rig = new IommuRig();

    @AfterEach
    void close() {
        rig.close();
    }

    /** A chain of tables 0, 1, 2 ... that leads to table levels - 1 with entry 0 in each. */
    private void chain(int levels) {
        rig.remapMemory(levels);
        for (int table = 0; table < levels - 1; table++) {
            rig.page(table, 0, IommuRig.table(table + 1) | RW);
        }
    }

    private String fault(long address, boolean write) {
        assertThat(rig.translate(address, write)).isEqualTo(BusMaster.REFUSED);
        String info = rig.fault();
        return info.split(" ")[0];
    }

    /** x86/intel-iommu.c, "DMAR 4B memcpy test": page 0 of the function leads to a page of RAM, three levels. */
    @Test
    void aPageOfThreeLevelsIsFoundAndItsOffsetKept() {
        chain(3);
        rig.page(2, 5, 0x12_3000 | RW);
        assertThat(rig.translate(0x5678, false)).isEqualTo(0x12_3678);
        assertThat(rig.translate(0x5678, true)).isEqualTo(0x12_3678);
        assertThat(fault(0x4000, false)).isEqualTo("6");
        assertThat(fault(0x4000, true)).isEqualTo("5");
    }

    @Test
    void tablesOfFourLevelsTranslate48Bits() {
        rig.remapMemory(4);
        rig.page(0, 511, IommuRig.table(1) | RW);
        rig.page(1, 511, IommuRig.table(2) | RW);
        rig.page(2, 511, IommuRig.table(3) | RW);
        rig.page(3, 511, 0x7000 | RW);
        assertThat(rig.translate(0xFFFF_FFFF_FABCL, true)).isEqualTo(0x7ABC);
        assertThat(fault(0x1_0000_0000_0000L, true)).isEqualTo("4");
        assertThat(fault(-4096, true)).isEqualTo("4");
    }

    @Test
    void largePagesOf2MiBAnd1GiB() {
        chain(3);
        rig.page(1, 3, 0x60_0000 | LARGE | RW);
        assertThat(rig.translate(0x60_0000 + 0x12_3456, true)).isEqualTo(0x72_3456);
        rig.page(0, 1, 0x4000_0000L | LARGE | RW);
        assertThat(rig.translate(0x5234_5678L, true)).isEqualTo(0x5234_5678L);
        rig.page(1, 4, 0x60_1000 | LARGE | RW);
        assertThat(fault(0x80_0000, true)).as("address bits within the page").isEqualTo("c");
    }

    @Test
    void thereAreNoLargePagesAtTheFourthLevel() {
        chain(4);
        rig.page(0, 1, LARGE | RW);
        assertThat(fault(1L << 39, true)).isEqualTo("c");
    }

    @Test
    void permissionsOfAllLevelsCount() {
        chain(3);
        rig.page(2, 0, 0x5000 | R);
        rig.page(2, 1, 0x6000 | W);
        assertThat(rig.translate(0, false)).isEqualTo(0x5000);
        assertThat(fault(0, true)).isEqualTo("5");
        assertThat(rig.translate(0x1000, true)).isEqualTo(0x6000);
        assertThat(fault(0x1000, false)).isEqualTo("6");
        rig.page(0, 0, IommuRig.table(1) | R);
        assertThat(fault(0x1000, true)).as("the top level is read-only").isEqualTo("5");
    }

    /** Bits 61:52, 63 and 11:8 are software's or mean nothing here; 51:46 are no address; 62 needs device TLBs. */
    @ParameterizedTest
    @CsvSource({
        "0x3ff0000000000000, true",
        "0x8000000000000000, true",
        "0xf00, true",
        "0x0000400000000000, false",
        "0x0008000000000000, false",
        "0x4000000000000000, false"
    })
    void reservedBitsOfAPageAreFaults(String bits, boolean passes) {
        chain(3);
        rig.page(2, 0, Long.parseUnsignedLong(bits.substring(2), 16) | 0x5000 | RW);
        long found = rig.translate(0, true);
        assertThat(found).isEqualTo(passes ? 0x5000 : BusMaster.REFUSED);
        assertThat(rig.fault()).startsWith(passes ? "none" : "c ");
    }

    @Test
    void rootEntriesAreChecked() {
        rig.remapMemory(3);
        assertThat(rig.unit.translation(0x0100).translate(0, true)).isEqualTo(BusMaster.REFUSED);
        assertThat(rig.fault()).as("bus 1 is not there").isEqualTo("1 100 0");
        rig.ram.putLong(IommuRig.ROOT_TABLE, IommuRig.CONTEXT_TABLE | 3);
        assertThat(fault(0, true)).isEqualTo("a");
        rig.ram.putLong(IommuRig.ROOT_TABLE, IommuRig.CONTEXT_TABLE | 1);
        rig.ram.putLong(IommuRig.ROOT_TABLE + 8, 1);
        assertThat(fault(0, true)).as("the upper half is scalable mode's").isEqualTo("a");
        rig.ram.putLong(IommuRig.ROOT_TABLE + 8, 0);
        rig.ram.putLong(IommuRig.ROOT_TABLE, 0x3FFF_F000L | 1);
        assertThat(fault(0, true)).isEqualTo("9");
        rig.write64(0x20, 0x3FFF_F000L);
        rig.command(1 << 30);
        assertThat(fault(0, true)).isEqualTo("8");
    }

    /** Low: present 0, silence 1, type 3:2, reserved 11:4; high: width 2:0, software's 6:3, reserved 7, domain 23:8. */
    @ParameterizedTest
    @CsvSource({
        "0, 0x501, 2",
        "0x10, 0x501, b",
        "0x800, 0x501, b",
        "0, 0x581, b",
        "0, 0x1000501, b",
        "0, 0x500, 3",
        "0, 0x503, 3",
        "0x4, 0x501, 3",
        "0xc, 0x501, 3",
        "0x8, 0x501, 3",
    })
    void contextEntriesAreCheckedAndCanAskForSilence(int low, int high, String reason) {
        rig.remapMemory(3);
        int present = reason.equals("2") ? 0 : 1;
        rig.context(IommuRig.PAGE_TABLES | low | present, high);
        assertThat(fault(0, true)).isEqualTo(reason);
        rig.context(IommuRig.PAGE_TABLES | low | present | 2, high);
        assertThat(rig.translate(0, true)).isEqualTo(BusMaster.REFUSED);
        assertThat(rig.fault()).isEqualTo("none");
    }

    @Test
    void passThroughLeavesAddressesAlone() {
        rig.remapMemory(4);
        rig.context(1 | 2 << 2, 2 | 5 << 8 | 0x78);
        assertThat(rig.translate(0x12_3456, true)).isEqualTo(0x12_3456);
        assertThat(fault(1L << 46, true)).as("more than a host has").isEqualTo("4");
    }

    @Test
    void aTableThatIsNotInRamIsAFault() {
        rig.remapMemory(3);
        rig.page(0, 0, 0x3FFF_F000L | RW);
        assertThat(fault(0, true)).isEqualTo("7");
    }

    /** 10.4.14: FI is the page, T is 1 for a read. */
    @Test
    void theFaultTellsPageSourceAndKind() {
        chain(3);
        rig.translate(0x4567, false);
        assertThat(rig.read(0x22C) >>> 30).as("F and T").isEqualTo(3);
        assertThat(rig.fault()).isEqualTo("6 10 4000");
        rig.translate(0x4567, true);
        assertThat(rig.read(0x23C) >>> 30).isEqualTo(2);
    }

    /** Caching mode is 0 and nothing is cached: what is not present may become present without an invalidation. */
    @Test
    void aNewPageIsFoundWithoutInvalidation() {
        chain(3);
        assertThat(fault(0, true)).isEqualTo("5");
        rig.page(2, 0, 0x5000 | RW);
        assertThat(rig.translate(0, true)).isEqualTo(0x5000);
    }

    @Test
    void anAccessIsTranslatedPageByPageAndEndsAtTheFirstFault() {
        chain(3);
        rig.page(2, 0, 0x50_0000 | RW);
        rig.page(2, 1, 0x60_0000 | RW);
        byte[] data = new byte[0x1010];
        data[0] = 1;
        data[15] = 2;
        data[16] = 3;
        assertThat(rig.master().write(0xFF0, data, 0, 32)).isTrue();
        assertThat(rig.ram.getByte(0x50_0FF0)).isEqualTo((byte) 1);
        assertThat(rig.ram.getByte(0x50_0FFF)).isEqualTo((byte) 2);
        assertThat(rig.ram.getByte(0x60_0000)).isEqualTo((byte) 3);
        byte[] back = new byte[32];
        assertThat(rig.master().read(0xFF0, back, 0, 32)).isTrue();
        assertThat(back[16]).isEqualTo((byte) 3);
        assertThat(rig.master().read(0x1FFE, back, 0, 4)).isFalse();
        assertThat(back[1]).as("what was there").isZero();
        assertThat(back[2]).as("ones, as nobody answers").isEqualTo((byte) -1);
        assertThat(rig.fault()).isEqualTo("6 10 2000");
    }

    @Test
    void aMessageWrittenByADeviceIsNotTranslatedButRemapped() {
        chain(3);
        rig.remapInterrupts(true);
        rig.entry(1, 1 | 0x66 << 16, 0);
        rig.master().write(IommuRig.address(1), new byte[4], 0, 4);
        assertThat(rig.sent).containsExactly("0 4066");
        assertThat(rig.master().write(IommuRig.address(1), new byte[4], 0, 2)).isFalse();
        assertThat(rig.master().read(IommuRig.address(1), new byte[4], 0, 4)).isFalse();
        assertThat(rig.fault()).isEqualTo("none");
    }

    @Test
    void withoutTranslationAddressesAreThoseOfRam() {
        assertThat(rig.translate(0x1234, true)).isEqualTo(0x1234);
        assertThat(rig.master().write(IommuRig.RAM_BYTES, new byte[4], 0, 4)).isFalse();
    }
}
