// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SymbolFileTest {
    private static SymbolTable text(String lines) {
        return SymbolFile.parse("F", lines.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void linesOfSystemMapAndOfKallsymsAreUnderstood() {
        SymbolTable table = text("""
            0000000000000000 A fixed_percpu_data
            ffffffff81000000 T _stext
            ffffffff81000000 T startup_64
            ffffffff81000040 t secondary
                             U outside

            ffffffff82000000 D jiffies
            ffffffffc0200010 t vmbus_isr\t[hv_vmbus]
            """);
        assertThat(table.codeAt(0xFFFF_FFFF_8100_0010L)).map(Symbol::toString).contains("startup_64");
        assertThat(table.codeAt(0xFFFF_FFFF_8100_0040L)).map(Symbol::toString).contains("secondary");
        assertThat(table.codeAt(0xFFFF_FFFF_C020_0018L)).map(Symbol::toString).contains("vmbus_isr [hv_vmbus]");
    }

    @Test
    void dataAndWhatIsFarBehindTheLastFunctionIsNoCode() {
        SymbolTable table = text("""
            ffffffff81000000 T start
            ffffffff82000000 D jiffies
            ffffffff83000000 T last
            """);
        assertThat(table.codeAt(0xFFFF_FFFF_8200_0000L)).isEmpty();
        assertThat(table.codeAt(0xFFFF_FFFF_80FF_FFFFL)).isEmpty();
        assertThat(table.codeAt(0xFFFF_FFFF_8310_0000L)).isEmpty();
        assertThat(table.codeAt(0x1000)).isEmpty();
    }

    /** What Debian ships as System.map. */
    @Test
    void aMapWithoutSymbolsIsRefused() {
        assertThatThrownBy(() ->
                        text("ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("F: has no symbols; Debian's System.map files are empty");
    }

    @Test
    void hiddenAddressesAreRefused() {
        assertThatThrownBy(() -> text("0000000000000000 T start\n0000000000000000 T stop\n"))
                .hasMessage("F: all addresses are 0; the kernel shows them to root only");
    }

    @Test
    void aLineOfAnotherKindIsNamed() {
        assertThatThrownBy(() -> text("ffffffff81000000 T start\nhello\n"))
                .hasMessage("F: line 2 is not 'ADDRESS TYPE NAME'");
    }

    /** System V ABI: ELF header, section headers, .symtab and its strings. */
    @Test
    void symbolsOfAnElfImageOfBothClasses() {
        assertThat(SymbolFile.parse("F", elf(true)).codeAt(0xFFFF_FFFF_8100_0004L))
                .map(Symbol::name)
                .contains("start");
        assertThat(SymbolFile.parse("F", elf(false)).codeAt(0x8100_0004L))
                .map(Symbol::name)
                .contains("start");
    }

    @Test
    void aStrippedOrDamagedElfImageIsRefused() {
        byte[] stripped = elf(true);
        ByteBuffer.wrap(stripped).order(ByteOrder.LITTLE_ENDIAN).putShort(0x3C, (short) 0);
        assertThatThrownBy(() -> SymbolFile.parse("F", stripped))
                .hasMessage("F: has no symbols; its symbol table was stripped");
        byte[] damaged = elf(true);
        ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putLong(0x28, 0x7FFF_FFFF);
        assertThatThrownBy(() -> SymbolFile.parse("F", damaged)).isInstanceOf(ConfigurationException.class);
    }

    /** Sections: the empty one, the symbols, the strings; symbols: the empty one, an undefined one, start, and an object. */
    private static byte[] elf(boolean wide) {
        ByteBuffer out = ByteBuffer.allocate(1024).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0, 0x464C_457F).put(4, (byte) (wide ? 2 : 1));
        int header = wide ? 64 : 40;
        out.putShort(wide ? 0x3A : 0x2E, (short) header).putShort(wide ? 0x3C : 0x30, (short) 3);
        if (wide) {
            out.putLong(0x28, 0x100);
        } else {
            out.putInt(0x20, 0x100);
        }
        section(out, wide, 0x100 + header, 2, 0x200, 4 * (wide ? 24 : 16), 2);
        section(out, wide, 0x100 + 2 * header, 3, 0x300, 32, 0);
        out.put(0x300, "\0away\0start\0data\0".getBytes(StandardCharsets.US_ASCII));
        symbol(out, wide, 1, 1, 0, 0, 0);
        symbol(out, wide, 2, 6, 2, 1, 0x8100_0000L);
        symbol(out, wide, 3, 12, 1, 1, 0x8100_0100L);
        return out.array();
    }

    private static void section(ByteBuffer out, boolean wide, int at, int type, int offset, int size, int link) {
        out.putInt(at + 4, type);
        if (wide) {
            out.putLong(at + 0x18, offset).putLong(at + 0x20, size).putInt(at + 0x28, link);
        } else {
            out.putInt(at + 0x10, offset).putInt(at + 0x14, size).putInt(at + 0x18, link);
        }
    }

    private static void symbol(ByteBuffer out, boolean wide, int index, int name, int type, int section, long address) {
        int at = 0x200 + index * (wide ? 24 : 16);
        out.putInt(at, name);
        if (wide) {
            long high = address == 0 ? 0 : 0xFFFF_FFFF_0000_0000L;
            out.put(at + 4, (byte) type).putShort(at + 6, (short) section).putLong(at + 8, high | address);
        } else {
            out.putInt(at + 4, (int) address).put(at + 12, (byte) type).putShort(at + 14, (short) section);
        }
    }
}
