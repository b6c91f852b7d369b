// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.firmware;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.device.AcpiPm;
import dev.synapic.machine.device.iommu.IommuConfig;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against ACPI 6.5, 5.2; the disassembler and compiler of ACPICA judge where they are installed. */
class AcpiTablesTest {
    private final GuestMemory ram = GuestMemory.allocate(4 << 20);

    @AfterEach
    void close() {
        ram.close();
    }

    private Map<String, byte[]> tables(int vcpus) {
        long end = new AcpiTables(vcpus, 5L << 30, AcpiPm.TimerWidth.BITS_32, IommuConfig.standard(), true, true)
                .write(ram);
        assertThat(end).isLessThanOrEqualTo(0x10_0000);
        byte[] rsdp = bytes(rsdp(), 36);
        assertThat(sum(rsdp, 20)).isZero();
        assertThat(sum(rsdp, 36)).isZero();
        Map<String, byte[]> found = new LinkedHashMap<>();
        byte[] xsdt = add(found, ram.getLong(rsdp() + 24));
        byte[] rsdt = add(found, ram.getInt(rsdp() + 16));
        for (int i = 0; i < (rsdt.length - 36) / 4; i++) {
            long at = longAt(xsdt, 36 + 8 * i);
            assertThat(at).isEqualTo(intAt(rsdt, 36 + 4 * i));
            add(found, at);
        }
        byte[] fadt = found.getOrDefault("FACP", new byte[0]);
        assertThat(intAt(fadt, 40)).isEqualTo((int) longAt(fadt, 140));
        add(found, intAt(fadt, 40));
        return found;
    }

    private long rsdp() {
        for (long at = 0xE_0000; at < 0x10_0000; at += 16) {
            if (new String(bytes(at, 8), StandardCharsets.US_ASCII).equals("RSD PTR ")) {
                return at;
            }
        }
        throw new AssertionError("no RSDP");
    }

    private byte[] add(Map<String, byte[]> found, long at) {
        byte[] table = bytes(at, ram.getInt(at + 4));
        assertThat(sum(table, table.length)).as("checksum at %x", at).isZero();
        found.put(new String(table, 0, 4, StandardCharsets.US_ASCII), table);
        return table;
    }

    private byte[] bytes(long at, int length) {
        byte[] bytes = new byte[length];
        ram.getBytes(at, bytes, 0, length);
        return bytes;
    }

    private static int sum(byte[] bytes, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes[i];
        }
        return sum & 0xFF;
    }

    private static int intAt(byte[] bytes, int at) {
        return bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8 | (bytes[at + 2] & 0xFF) << 16 | bytes[at + 3] << 24;
    }

    private static long longAt(byte[] bytes, int at) {
        return intAt(bytes, at) & 0xFFFF_FFFFL | (long) intAt(bytes, at + 4) << 32;
    }

    @Test
    void everyTableIsFoundWithARightChecksum() {
        assertThat(tables(4)).containsOnlyKeys("XSDT", "RSDT", "FACP", "APIC", "SRAT", "HPET", "MCFG", "DMAR", "DSDT");
    }

    @Test
    void theFadtTellsThePortsOfTheDevices() {
        byte[] fadt = tables(1).getOrDefault("FACP", new byte[0]);
        assertThat(fadt).hasSize(276);
        assertThat(intAt(fadt, 46) & 0xFFFF).as("SCI").isEqualTo(9);
        assertThat(intAt(fadt, 56)).as("PM1a events").isEqualTo(0x600);
        assertThat(intAt(fadt, 64)).as("PM1a control").isEqualTo(0x604);
        assertThat(intAt(fadt, 76)).as("timer").isEqualTo(0x608);
        assertThat(intAt(fadt, 112) & 1 << 8).as("32 bits").isNotZero();
        assertThat(longAt(fadt, 120)).as("reset register").isEqualTo(0xCF9);
        assertThat(fadt[128]).isEqualTo((byte) 6);
        int facs = intAt(fadt, 36);
        assertThat(facs & 63).isZero();
        assertThat(ram.getInt(facs)).isEqualTo(0x5343_4146);
    }

    @Test
    void processorsFromApicId255OnHaveX2ApicEntries() {
        byte[] madt = tables(257).getOrDefault("APIC", new byte[0]);
        List<String> entries = new ArrayList<>();
        for (int at = 44; at < madt.length; at += madt[at + 1]) {
            entries.add(madt[at] + ":" + (madt[at] == 0 ? madt[at + 3] & 0xFF : intAt(madt, at + 4)));
        }
        assertThat(entries).contains("0:0", "0:254", "9:255", "9:256", "1:-20971520", "10:-1");
        assertThat(entries).doesNotContain("0:255");
    }

    @Test
    void theTimersInterruptIsWiredToInputTwoAndTheSciIsALevel() {
        byte[] madt = tables(1).getOrDefault("APIC", new byte[0]);
        String all = new String(madt, StandardCharsets.ISO_8859_1);
        assertThat(all).contains("\2\12\0\0\2\0\0\0\0\0").contains("\2\12\0\11\11\0\0\0\15\0");
    }

    /** VT-d 8.1 to 8.3; Linux takes the chips' source ids from the scopes. */
    @Test
    void theDmarTableTellsTheUnitAndTheSourceIdsOfTheChips() {
        byte[] dmar = tables(4).getOrDefault("DMAR", new byte[0]);
        assertThat(dmar).hasSize(48 + 16 + 2 * 8);
        assertThat(dmar[36]).as("host address width, less one").isEqualTo((byte) 45);
        assertThat(dmar[37]).as("INTR_REMAP, and x2APIC is welcome").isEqualTo((byte) 1);
        assertThat(intAt(dmar, 48)).as("DRHD of 32 bytes").isEqualTo(32 << 16);
        assertThat(dmar[52]).as("INCLUDE_PCI_ALL").isEqualTo((byte) 1);
        assertThat(longAt(dmar, 56)).isEqualTo(0xFED9_0000L);
        assertThat(longAt(dmar, 64)).as("I/O APIC 0 is F0:1F.0").isEqualTo(0x001F_F000_0000_0803L);
        assertThat(longAt(dmar, 72)).as("HPET 0 is F0:0F.0").isEqualTo(0x000F_F000_0000_0804L);
    }

    /** Linux, vmbus_acpi_device_ids; vmbus_acpi_add fails without _CRS. */
    @Test
    void theDsdtNamesVmbusWhereItIsThereOnly() {
        byte[] with = tables(1).getOrDefault("DSDT", new byte[0]);
        String text = new String(with, StandardCharsets.ISO_8859_1);
        assertThat(text).contains("_CID\15VMBus\0");
        assertThat(text.substring(text.indexOf("VMBus"))).contains("_CRS");
        new AcpiTables(1, 5L << 30, AcpiPm.TimerWidth.BITS_32, null, false, false).write(ram);
        assertThat(new String(bytes(0xE_0000, 0x2_0000), StandardCharsets.ISO_8859_1))
                .doesNotContain("VMBus");
    }

    @Test
    void withoutAUnitThereIsNoDmarTable() {
        new AcpiTables(1, 1 << 22, AcpiPm.TimerWidth.BITS_24, null, false, false).write(ram);
        byte[] all = bytes(0xE_0000, 0x1000);
        assertThat(new String(all, StandardCharsets.ISO_8859_1))
                .contains("HPET")
                .doesNotContain("DMAR");
    }

    /** ACPI 5.2.16: processors by local APIC affinity (0) and x2APIC affinity (2), RAM by memory affinity (1); one domain. */
    @Test
    void theSratHasEveryProcessorAndAllRamInOneDomain() {
        byte[] srat = tables(257).getOrDefault("SRAT", new byte[0]);
        List<String> entries = new ArrayList<>();
        for (int at = 48; at < srat.length; at += srat[at + 1] & 0xFF) {
            String what = switch (srat[at]) {
                case 0 -> (srat[at + 3] & 0xFF) + " in " + (srat[at + 2] & 0xFF) + " flags " + intAt(srat, at + 4);
                case 1 -> "%x+%x in %d".formatted(longAt(srat, at + 8), longAt(srat, at + 16), intAt(srat, at + 2));
                default -> intAt(srat, at + 8) + " in " + intAt(srat, at + 4) + " flags " + intAt(srat, at + 12);
            };
            entries.add(srat[at] + ":" + what);
        }
        assertThat(entries).hasSize(257 + 3);
        assertThat(entries)
                .contains("0:0 in 0 flags 1", "0:254 in 0 flags 1", "2:255 in 0 flags 1", "2:256 in 0 flags 1");
        assertThat(entries).endsWith("1:0+9fc00 in 0", "1:100000+bff00000 in 0", "1:100000000+80000000 in 0");
    }

    @Test
    void tablesForAThousandProcessorsFit() {
        assertThat(tables(1024).getOrDefault("APIC", new byte[0]).length).isGreaterThan(255 * 8 + 769 * 16);
    }

    /** The second reading of the tables is by those who wrote the specification's reference implementation. */
    @Test
    void acpicaReadsEveryTableAndCompilesWhatItRead(@TempDir Path dir) throws IOException, InterruptedException {
        assumeTrue(onPath("iasl"), "iasl is not installed (Debian: acpica-tools)");
        for (Map.Entry<String, byte[]> table : tables(300).entrySet()) {
            String name = table.getKey().toLowerCase(java.util.Locale.ROOT);
            Files.write(dir.resolve(name + ".dat"), table.getValue());
            String read = iasl(dir, "-d", name + ".dat");
            assertThat(Files.exists(dir.resolve(name + ".dsl"))).as(read).isTrue();
            String source = Files.readString(dir.resolve(name + ".dsl"));
            assertThat(source).as(read).doesNotContain("**** Unknown", "**** ACPI Error", "Invalid");
            assertThat(read).doesNotContain("Incorrect checksum", "Could not", "Warning", "Error", "**");
            if (name.equals("dsdt")) {
                String compiled = iasl(dir, "-p", "again", name + ".dsl");
                assertThat(compiled).contains("0 Errors, 0 Warnings");
                byte[] again = Files.readAllBytes(dir.resolve("again.aml"));
                assertThat(again.length).as("nothing is lost on the way").isEqualTo(table.getValue().length);
            }
        }
    }

    private static boolean onPath(String tool) {
        for (String dir : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
            if (Files.isExecutable(Path.of(dir, tool))) {
                return true;
            }
        }
        return false;
    }

    private static String iasl(Path dir, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("iasl"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(dir.toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
