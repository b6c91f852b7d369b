// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MultibootTest {
    private static final int GPA = 0x10_0000;
    private static final int CODE_BYTES = 16;
    private static final int BSS_BYTES = 32;
    private static final int HEADERS = 84;

    private final GuestMemory ram = GuestMemory.allocate(4 << 20);

    @AfterEach
    void close() {
        ram.close();
    }

    /** ELF header, one program header, a Multiboot header as the first bytes of the segment. */
    private static ByteBuffer image() {
        ByteBuffer image = ByteBuffer.allocate(HEADERS + CODE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        image.putInt(0, 0x464C_457F).put(4, (byte) 1).putShort(18, (short) 3);
        image.putInt(24, GPA + 12).putInt(28, 52).putShort(42, (short) 32).putShort(44, (short) 1);
        image.putInt(52, 1).putInt(56, HEADERS).putInt(60, GPA).putInt(64, GPA);
        image.putInt(68, CODE_BYTES).putInt(72, CODE_BYTES + BSS_BYTES);
        image.putInt(HEADERS, 0x1BAD_B002).putInt(HEADERS + 4, 0).putInt(HEADERS + 8, -0x1BAD_B002);
        image.putInt(HEADERS + 12, 0x1234_5678);
        return image;
    }

    private Multiboot.Entry load(byte[] bytes) {
        return Multiboot.load("kernel", bytes, "a=b", List.of(), ram);
    }

    private void assertRefused(byte[] bytes, String why) {
        assertThatThrownBy(() -> load(bytes))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("kernel: ")
                .hasMessageContaining(why)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    /** Multiboot 3.2: EBX points at the information; flags 0, 2 and 6 tell memory, command line and memory map. */
    @Test
    void aKernelIsLoadedWithItsCommandLineAndMemoryMap() {
        ram.putInt(GPA + CODE_BYTES, -1);
        Multiboot.Entry entry = load(image().array());
        assertThat(entry.eip()).isEqualTo(GPA + 12);
        assertThat(ram.getInt(GPA + 12)).isEqualTo(0x1234_5678);
        assertThat(ram.getInt(GPA + CODE_BYTES)).as("bss is zeroed").isZero();
        assertThat(ram.getInt(entry.info()) & 0x45).isEqualTo(0x45);
        assertThat(ram.getInt(entry.info() + 8)).as("KiB above 1 MiB").isEqualTo(3 << 10);
        int commandLine = ram.getInt(entry.info() + 16);
        assertThat(ram.getInt(commandLine)).isEqualTo('a' | '=' << 8 | 'b' << 16);
    }

    @Test
    void anImageWithoutMultibootHeaderIsRefused() {
        assertRefused(image().putInt(HEADERS + 8, 0).array(), "neither a Linux bzImage nor a Multiboot kernel");
        assertRefused(new byte[0], "neither a Linux bzImage nor a Multiboot kernel");
    }

    @Test
    void aTruncatedImageIsRefused() {
        byte[] whole = image().array();
        assertRefused(Arrays.copyOf(whole, whole.length - 2), "truncated");
    }

    @Test
    void aSegmentOutsideRamIsRefused() {
        assertRefused(image().putInt(64, 0x40_0000).array(), "outside RAM of 4 MiB");
        assertRefused(image().putInt(64, 0xFFFF_FFF0).array(), "outside RAM");
        assertRefused(image().putInt(72, -1).array(), "outside RAM");
    }

    @Test
    void anElf64ImageIsRefusedWithTheWayToConvertIt() {
        assertRefused(image().put(4, (byte) 2).array(), "objcopy");
    }

    /** 3.3: each entry of the table has start, end, string and a reserved word; QEMU starts each in a page of its own. */
    @Test
    void modulesStandBehindTheKernelInPagesOfTheirOwn() {
        List<BootModule> modules =
                List.of(new BootModule("a b", new byte[] {1, 2, 3}), new BootModule("c", new byte[5000]));
        Multiboot.Entry entry = Multiboot.load("kernel", image().array(), "", modules, ram);
        assertThat(ram.getInt(entry.info()) & 8).as("flag 3").isEqualTo(8);
        assertThat(ram.getInt(entry.info() + 20)).isEqualTo(2);
        int table = ram.getInt(entry.info() + 24);
        int first = ram.getInt(table);
        assertThat(first % 4096).isZero();
        assertThat(first).isGreaterThanOrEqualTo(GPA + CODE_BYTES + BSS_BYTES);
        assertThat(ram.getInt(table + 4)).isEqualTo(first + 3);
        assertThat(ram.getInt(first)).isEqualTo(0x03_0201);
        assertThat(ram.getInt(ram.getInt(table + 8))).isEqualTo('a' | ' ' << 8 | 'b' << 16);
        assertThat(ram.getInt(table + 16)).isEqualTo(first + 4096);
        assertThat(ram.getInt(table + 20)).isEqualTo(first + 4096 + 5000);
        assertThat(table).isGreaterThanOrEqualTo(first + 4096 + 5000);
    }

    @Test
    void modulesThatDoNotFitAreRefused() {
        List<BootModule> modules = List.of(new BootModule("big", new byte[3 << 20]));
        assertThatThrownBy(() -> Multiboot.load("kernel", image().array(), "", modules, ram))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("more with -m");
    }
}
