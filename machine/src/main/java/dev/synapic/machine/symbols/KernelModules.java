// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The symbols of the modules that a running Linux has loaded, from its list of them.
 *
 * <p>Spec: Linux, include/linux/module.h: struct module begins with its state, the links of the list and a name of at most 55 bytes. Where
 * the pointer to its symbols is depends on the kernel's version and configuration; it is the one that leads to what looks like struct mod_kallsyms:
 * a table of ELF64 symbols that begins with an empty one, its length, and strings that begin with an empty one. A guest's list may be anything: all is bounded.
 */
final class KernelModules {
    /** The list's head, in the kernel's data. */
    static final String LIST = "modules";

    private static final int NAME = 16;
    private static final int MOST_NAME_BYTES = 56;
    private static final Pattern NAME_FORM = Pattern.compile("[A-Za-z0-9_]{1,55}");
    private static final int LINK_TO_SYMBOLS_BYTES = 2048;
    private static final int MOST_MODULES = 1024;
    private static final int MOST_SYMBOLS = 1 << 16;
    private static final int MOST_SYMBOL_BYTES = 256;
    private static final int SYMBOL_BYTES = 24;
    private static final int STT_OBJECT = 1;

    private final LinearView memory;

    KernelModules(LinearView memory) {
        this.memory = memory;
    }

    /** The symbols of all modules in the list with that head. */
    List<Symbol> symbols(long head) {
        List<Symbol> symbols = new ArrayList<>();
        Set<Long> seen = new HashSet<>();
        long link = memory.getLong(head);
        while (link != head && link < 0 && seen.size() < MOST_MODULES && seen.add(link)) {
            String name = memory.string(link + NAME, MOST_NAME_BYTES);
            if (!NAME_FORM.matcher(name).matches()) {
                return symbols;
            }
            addModule(symbols, name, link);
            link = memory.getLong(link);
        }
        return symbols;
    }

    private void addModule(List<Symbol> symbols, String module, long link) {
        for (long field = link + NAME + MOST_NAME_BYTES; field < link + LINK_TO_SYMBOLS_BYTES; field += Long.BYTES) {
            long kallsyms = memory.getLong(field);
            if (kallsyms < 0 && isKallsyms(kallsyms)) {
                addSymbols(symbols, module, kallsyms);
                return;
            }
        }
    }

    private boolean isKallsyms(long at) {
        long table = memory.getLong(at);
        int count = memory.getInt(at + 8);
        long strings = memory.getLong(at + 16);
        return table < 0
                && strings < 0
                && count > 1
                && count < MOST_SYMBOLS
                && memory.isMapped(table)
                && memory.isMapped(strings)
                && memory.getByte(strings) == 0
                && memory.getByte(strings + 1) != 0
                && memory.getLong(table) == 0
                && memory.getLong(table + 8) == 0
                && memory.getLong(table + 16) == 0
                && memory.getInt(table + SYMBOL_BYTES) < count * MOST_SYMBOL_BYTES;
    }

    private void addSymbols(List<Symbol> symbols, String module, long kallsyms) {
        long table = memory.getLong(kallsyms);
        int count = memory.getInt(kallsyms + 8);
        long strings = memory.getLong(kallsyms + 16);
        for (int i = 1; i < count; i++) {
            long at = table + (long) i * SYMBOL_BYTES;
            int name = memory.getInt(at);
            long address = memory.getLong(at + 8);
            boolean code = (memory.getByte(at + 4) & 0xF) != STT_OBJECT;
            if (name > 0 && address < 0) {
                symbols.add(new Symbol(address, memory.string(strings + name, MOST_SYMBOL_BYTES), module, code));
            }
        }
    }
}
