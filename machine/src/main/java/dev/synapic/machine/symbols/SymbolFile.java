// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import dev.synapic.machine.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of symbols: Linux's System.map, what nm prints, what /proc/kallsyms shows ("ADDRESS TYPE NAME", and there a module in brackets), or
 * an ELF image with a symbol table.
 */
public final class SymbolFile {
    private static final Pattern LINE = Pattern.compile(
            "(?<address>[0-9a-fA-F]{1,16})\\s+(?<type>\\S)\\s+(?<name>\\S+)(\\s+\\[(?<module>[^]]+)])?");
    /** What nm prints about names that are not defined there. */
    private static final Pattern UNDEFINED = Pattern.compile("\\s*[UvVw]\\s+\\S+");

    private static final int HEX = 16;

    private SymbolFile() {}

    /** Its symbols; name is for messages. Throws {@link ConfigurationException} where it is none. */
    public static SymbolTable parse(String name, byte[] bytes) {
        boolean elf = ElfSymbols.isElf(bytes);
        List<Symbol> symbols = elf ? ElfSymbols.of(bytes) : parseText(name, new String(bytes, StandardCharsets.UTF_8));
        if (symbols.isEmpty()) {
            throw new ConfigurationException(name + ": has no symbols"
                    + (elf ? "; its symbol table was stripped" : "; Debian's System.map files are empty"));
        }
        if (symbols.stream().allMatch(symbol -> symbol.address() == 0)) {
            throw new ConfigurationException(name + ": all addresses are 0; the kernel shows them to root only");
        }
        return SymbolTable.of(symbols);
    }

    private static List<Symbol> parseText(String name, String text) {
        List<Symbol> symbols = new ArrayList<>();
        List<String> lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            Matcher line = LINE.matcher(lines.get(i).strip());
            if (line.matches()) {
                symbols.add(Symbol.ofType(
                        Long.parseUnsignedLong(line.group("address"), HEX),
                        line.group("type").charAt(0),
                        line.group("name"),
                        line.group("module")));
            } else if (!isForeign(lines.get(i), lines.size())) {
                throw new ConfigurationException("%s: line %d is not 'ADDRESS TYPE NAME'".formatted(name, i + 1));
            }
        }
        return symbols;
    }

    /** Blank, undefined, or the single sentence that Debian ships in the place of a System.map. */
    private static boolean isForeign(String line, int lines) {
        return line.isBlank()
                || UNDEFINED.matcher(line).matches()
                || lines <= 1 && line.startsWith("ffffffffffffffff B ");
    }
}
