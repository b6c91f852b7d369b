// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.terminal.Quantity;
import dev.synapic.cli.terminal.TextTable;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.ExitSites;
import dev.synapic.machine.symbols.Symbol;
import dev.synapic.machine.symbols.SymbolTable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Exits by the guest's functions in which they happened, and by those that called them. */
public final class ExitSymbols {
    private static final int MOST_ROWS_PER_REASON = 12;
    private static final double PERCENT = 100;
    private static final String USER_MODE = "[user mode]";
    private static final String ELSEWHERE = "[elsewhere]";

    private final Map<ExitReason, List<Row>> rows = new EnumMap<>(ExitReason.class);
    private final int symbols;

    /** Exits of one reason in one function. */
    private record Row(Where function, @Nullable Where caller, long count) {}

    /** A function, or where none is known an address or a word; it is null then. */
    private record Where(String text, @Nullable Symbol symbol) {}

    private record Key(
            ExitReason reason, Where function, @Nullable Where caller) {}

    /** Of the sites of a run, with the symbols of its guest. */
    public ExitSymbols(List<ExitSites.Site> sites, SymbolTable table) {
        symbols = table.size();
        Map<Key, Long> sums = new HashMap<>();
        for (ExitSites.Site site : sites) {
            Where caller = site.caller() == 0 ? null : where(site.caller() - 1, table);
            sums.merge(new Key(site.reason(), where(site, table), caller), site.count(), Long::sum);
        }
        sums.forEach((key, count) ->
                rows.computeIfAbsent(key.reason, r -> new ArrayList<>()).add(new Row(key.function, key.caller, count)));
        rows.values()
                .forEach(list -> list.sort(Comparator.comparingLong(Row::count)
                        .reversed()
                        .thenComparing(row -> row.function.text)
                        .thenComparing(row -> row.caller == null ? "" : row.caller.text)));
    }

    private static Where where(ExitSites.Site site, SymbolTable table) {
        if (site.address() == ExitSites.Site.ELSEWHERE) {
            return new Where(ELSEWHERE, null);
        }
        Where where = where(site.address(), table);
        return where.symbol == null && site.userMode() ? new Where(USER_MODE, null) : where;
    }

    private static Where where(long address, SymbolTable table) {
        Optional<Symbol> symbol = table.codeAt(address);
        return symbol.map(s -> new Where(s.toString(), s))
                .orElseGet(() -> new Where("0x" + Long.toHexString(address), null));
    }

    /** Reasons with the most exits first, and of each the functions with the most. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        if (symbols == 0) {
            lines.add("no symbols of the guest are known: neither its image nor its memory has them; --symbols names a"
                    + " file");
        }
        TextTable table = new TextTable("VM-EXIT", "Samples", "Samples%", "<Function", "<Called from");
        for (ExitReason reason : byCount()) {
            List<Row> list = rows.getOrDefault(reason, List.of());
            long total = total(reason);
            for (Row row : list.subList(0, Math.min(list.size(), MOST_ROWS_PER_REASON))) {
                table.row(
                        reason.name(),
                        Quantity.count(row.count),
                        percent(row.count, total),
                        row.function.text,
                        row.caller == null ? "" : row.caller.text);
            }
            if (list.size() > MOST_ROWS_PER_REASON) {
                List<Row> rest = list.subList(MOST_ROWS_PER_REASON, list.size());
                long sum = rest.stream().mapToLong(Row::count).sum();
                table.row(reason.name(), Quantity.count(sum), percent(sum, total), "[" + rest.size() + " more]", "");
            }
        }
        lines.addAll(table.lines());
        return lines;
    }

    private List<ExitReason> byCount() {
        return rows.keySet().stream()
                .sorted(Comparator.comparingLong(this::total).reversed())
                .toList();
    }

    private long total(ExitReason reason) {
        return rows.getOrDefault(reason, List.of()).stream()
                .mapToLong(Row::count)
                .sum();
    }

    /** The share of a reason's exits. */
    private static String percent(long part, long whole) {
        return String.format(Locale.ROOT, "%.2f%%", PERCENT * part / whole);
    }

    /** The same for machines, all of it: reason -> functions with their callers and counts. */
    public Map<String, Object> json() {
        Map<String, Object> object = new LinkedHashMap<>();
        for (ExitReason reason : byCount()) {
            object.put(
                    reason.name(),
                    rows.getOrDefault(reason, List.of()).stream()
                            .map(ExitSymbols::json)
                            .toList());
        }
        return object;
    }

    private static Map<String, @Nullable Object> json(Row row) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("function", name(row.function));
        object.put("module", module(row.function));
        object.put("caller", row.caller == null ? null : name(row.caller));
        object.put("callerModule", row.caller == null ? null : module(row.caller));
        object.put("samples", row.count);
        return object;
    }

    private static String name(Where where) {
        return where.symbol == null ? where.text : where.symbol.name();
    }

    private static @Nullable String module(Where where) {
        return where.symbol == null ? null : where.symbol.module();
    }
}
