// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Symbols by address. Immutable. */
public final class SymbolTable {
    public static final SymbolTable EMPTY = new SymbolTable(List.of());

    /** No function is longer: what is further behind a symbol belongs to nobody. */
    private static final long MOST_CODE_BYTES = 1 << 20;

    private static final Comparator<Symbol> BY_ADDRESS = (a, b) -> Long.compareUnsigned(a.address(), b.address());

    private final List<Symbol> sorted;

    private SymbolTable(List<Symbol> sorted) {
        this.sorted = sorted;
    }

    /** Of symbols in any order; of several at one address the first code one with the fewest leading underscores is found. */
    public static SymbolTable of(List<Symbol> symbols) {
        List<Symbol> sorted = new ArrayList<>(symbols);
        sorted.sort(BY_ADDRESS);
        List<Symbol> distinct = new ArrayList<>();
        for (Symbol symbol : sorted) {
            Symbol last = distinct.isEmpty() ? null : distinct.getLast();
            if (last == null || last.address() != symbol.address()) {
                distinct.add(symbol);
            } else if (rank(symbol) < rank(last)) {
                distinct.set(distinct.size() - 1, symbol);
            }
        }
        return new SymbolTable(List.copyOf(distinct));
    }

    private static int rank(Symbol symbol) {
        int underscores = 0;
        while (underscores < symbol.name().length() && symbol.name().charAt(underscores) == '_') {
            underscores++;
        }
        return underscores + (symbol.code() ? 0 : 1000);
    }

    /** The code that an address lies in. It ends where the next symbol begins, code or not. */
    public Optional<Symbol> codeAt(long address) {
        int low = 0;
        int high = sorted.size();
        while (low < high) {
            int middle = low + high >>> 1;
            if (Long.compareUnsigned(sorted.get(middle).address(), address) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low == 0 ? Optional.empty() : Optional.of(sorted.get(low - 1)).filter(symbol -> isIn(symbol, address));
    }

    private static boolean isIn(Symbol symbol, long address) {
        return symbol.code() && address - symbol.address() < MOST_CODE_BYTES;
    }

    /** The first symbol of that name, by address. */
    public Optional<Symbol> named(String name) {
        return sorted.stream().filter(symbol -> symbol.name().equals(name)).findFirst();
    }

    public int size() {
        return sorted.size();
    }

    /** The same symbols, bytes further up. */
    SymbolTable moved(long bytes) {
        return bytes == 0
                ? this
                : of(sorted.stream().map(symbol -> symbol.moved(bytes)).toList());
    }

    /** These symbols and others. */
    SymbolTable with(List<Symbol> others) {
        if (others.isEmpty()) {
            return this;
        }
        List<Symbol> all = new ArrayList<>(sorted);
        all.addAll(others);
        return of(all);
    }
}
