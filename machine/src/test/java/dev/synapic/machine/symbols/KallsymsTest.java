// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.symbols.KallsymsBlob.Layout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Formats: Linux, scripts/kallsyms.c, of 6.1, 6.1.61, 6.4 and 6.15. */
class KallsymsTest {
    private static final long BASE = 0xFFFF_FFFF_B660_0000L;
    private static final int FUNCTIONS = 700;
    private static final String LONG_NAME = "x".repeat(300);

    private final GuestMemory ram = GuestMemory.allocate(32 << 20);
    private final List<String> names = new ArrayList<>();
    private final List<Integer> offsets = new ArrayList<>();

    @AfterEach
    void freeMemory() {
        ram.close();
    }

    private void add(int offset, String typeAndName) {
        offsets.add(offset);
        names.add(typeAndName);
    }

    /** Numbers of per-CPU variables are positive, addresses are -1 minus the distance from the base. */
    private byte[] countingDown(Layout layout) {
        add(0x80, "Acpu_number");
        for (int i = 0; i < FUNCTIONS; i++) {
            add(-1 - i * 0x10, (i % 2 == 0 ? "T__x64_sys_" : "twrite_ipi") + i);
        }
        add(-1 - FUNCTIONS * 0x10, "t" + LONG_NAME);
        add(-1 - (FUNCTIONS + 1) * 0x10, "Djiffies");
        return KallsymsBlob.of(layout, names, ints(), BASE);
    }

    private int[] ints() {
        return offsets.stream().mapToInt(Integer::intValue).toArray();
    }

    @ParameterizedTest
    @EnumSource
    void theTablesAreFoundInMemoryInAllOrders(Layout layout) {
        // Anything around, at an address that only has the alignment, across a boundary of the search.
        ram.fill(0x6F_0000, 0x30_0000, (byte) 0x31);
        ram.putBytes(0x7F_F008, countingDown(layout));
        SymbolTable table = SymbolTable.of(Kallsyms.find(ram));
        assertThat(table.size()).isEqualTo(names.size());
        assertThat(table.codeAt(BASE)).contains(new Symbol(BASE, "__x64_sys_0", null, true));
        assertThat(table.codeAt(BASE + 0x10 * 515 + 15))
                .contains(new Symbol(BASE + 0x10 * 515, "write_ipi515", null, true));
        assertThat(table.codeAt(BASE + FUNCTIONS * 0x10)).map(Symbol::name).contains(LONG_NAME);
        assertThat(table.named("jiffies")).contains(new Symbol(BASE + (FUNCTIONS + 1) * 0x10, "jiffies", null, false));
        assertThat(table.named("cpu_number")).map(Symbol::address).contains(0x80L);
    }

    @Test
    void addressesThatCountUpAreUnderstoodToo() {
        for (int i = 0; i < FUNCTIONS; i++) {
            add(i * 0x20, "Tld" + i);
        }
        ram.putBytes(0x10_0000, KallsymsBlob.of(Layout.ADDRESSES_LAST, names, ints(), BASE));
        assertThat(SymbolTable.of(Kallsyms.find(ram)).codeAt(BASE + 0x20 * 600))
                .contains(new Symbol(BASE + 0x20 * 600, "ld600", null, true));
    }

    @Test
    void digitsThatAreNoTokenTableAreNotBelieved() {
        byte[] digits = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0".getBytes(StandardCharsets.US_ASCII);
        ram.putBytes(0, digits);
        ram.putBytes(0x20_0000, digits);
        ram.putBytes(ram.size() - digits.length, digits);
        assertThat(Kallsyms.find(ram)).isEmpty();
    }

    /** A guest may have anything in its memory: each byte of the tables in turn is another one, and nothing goes wrong. */
    @ParameterizedTest
    @EnumSource
    void damagedTablesGiveNoneOrOtherNamesButNoException(Layout layout) {
        byte[] blob = countingDown(layout);
        int step = 7;
        for (int at = 0; at < blob.length; at += step * 37) {
            byte[] damaged = blob.clone();
            Arrays.fill(damaged, at, Math.min(at + step, blob.length), (byte) 0xFF);
            ram.putBytes(0x10_0000, damaged);
            assertThat(Kallsyms.find(ram).size()).as("damaged at %d", at).isLessThanOrEqualTo(names.size());
        }
    }
}
