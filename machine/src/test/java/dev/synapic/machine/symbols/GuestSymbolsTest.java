// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Linear addresses here are 32 bits wide, as before paging: a kernel's upper half is at its lower 32 bits. */
class GuestSymbolsTest {
    private static final long UPPER = 0xFFFF_FFFF_0000_0000L;
    private static final int FUNCTIONS = 300;
    private static final int LIST = 0x8_0000;
    private static final int MODULE = 0x20_0000;

    private final Machine machine = new Machine(MachineConfig.standard());
    private final GuestMemory ram = machine.memory();

    @AfterEach
    void close() {
        machine.close();
    }

    private void kernelWithModuleList() {
        List<String> names = new ArrayList<>();
        int[] offsets = new int[FUNCTIONS + 1];
        for (int i = 0; i < FUNCTIONS; i++) {
            names.add("Tsys_" + i);
            offsets[i] = -1 - i * 0x10;
        }
        names.add("Dmodules");
        offsets[FUNCTIONS] = -1 - LIST;
        ram.putBytes(0x100_0000, KallsymsBlob.of(KallsymsBlob.Layout.ADDRESSES_LAST, names, offsets, UPPER));
        ram.putLong(LIST, UPPER | MODULE + 8);
    }

    /** Linux, include/linux/module.h: state, list, name; somewhere behind them a pointer to a table of symbols and its strings. */
    private void module(int at, String name, int next, int kallsymsField) {
        int kallsyms = at + 0x1000;
        int table = at + 0x2000;
        int strings = at + 0x3000;
        ram.putLong(at + 8, UPPER | next);
        ram.putBytes(at + 24, name.getBytes(StandardCharsets.US_ASCII));
        ram.putLong(at + kallsymsField - 8, UPPER | at + 0x800);
        ram.putLong(at + kallsymsField, UPPER | kallsyms);
        ram.putLong(kallsyms, UPPER | table);
        ram.putInt(kallsyms + 8, 2);
        ram.putLong(kallsyms + 16, UPPER | strings);
        ram.putInt(table + 24, 1);
        ram.putByte(table + 28, (byte) 2);
        ram.putLong(table + 32, UPPER | at + 0x4000);
        ram.putBytes(strings, ("\0" + name + "_isr\0").getBytes(StandardCharsets.US_ASCII));
    }

    @Test
    void modulesOfARunningKernelAreFoundWhereverTheirSymbolsAre() {
        kernelWithModuleList();
        module(MODULE, "hv_vmbus", MODULE + 0x1_0008, 0x178);
        module(MODULE + 0x1_0000, "virtio_blk", LIST, 0x2A0);
        SymbolTable table = GuestSymbols.inMemoryOf(machine);
        assertThat(table.codeAt(UPPER | 0x18)).map(Symbol::toString).contains("sys_1");
        assertThat(table.codeAt(UPPER | MODULE + 0x4010)).map(Symbol::toString).contains("hv_vmbus_isr [hv_vmbus]");
        assertThat(table.codeAt(UPPER | MODULE + 0x1_4010))
                .map(Symbol::toString)
                .contains("virtio_blk_isr [virtio_blk]");
    }

    @Test
    void aListOfModulesThatGoesInCirclesEnds() {
        kernelWithModuleList();
        module(MODULE, "one", MODULE + 0x1_0008, 0x178);
        module(MODULE + 0x1_0000, "two", MODULE + 8, 0x178);
        assertThat(GuestSymbols.inMemoryOf(machine).named("two_isr")).isPresent();
    }

    @Test
    void aListThatLeadsNowhereHasNoModules() {
        kernelWithModuleList();
        ram.putLong(LIST, 0xFFFF_8000_0000_0000L | 0x7000_0000);
        assertThat(GuestSymbols.inMemoryOf(machine).size()).isEqualTo(FUNCTIONS + 1);
    }

    @Test
    void aGuestWithoutSymbolsHasNone() {
        assertThat(GuestSymbols.inMemoryOf(machine).size()).isZero();
    }
}
