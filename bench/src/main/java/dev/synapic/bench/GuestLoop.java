// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.guestmem.GuestMemory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/** The loops of {@link EngineBenchmark}: compiled C, kept as the listings that bench/loops makes. */
public enum GuestLoop {
    /** Arithmetic, memory, branches and calls, as in most programs: a hash table with chains. */
    MIXED,
    /** Arithmetic in registers: the rounds of SHA-256. */
    SHA,
    /** Loads and stores of 1 to 8 bytes over 64 pages. */
    MEMORY,
    /** Recursive calls, PUSH and POP. */
    CALLS,
    /** Loads that all miss the TLB. */
    PAGES;

    /** Where execution starts, in flat 32-bit protected mode. */
    static final int ENTRY = 0x10_0000;

    static final long RAM_BYTES = 16 << 20;

    private static final HexFormat BYTES = HexFormat.ofDelimiter(" ");

    /** Puts code and data into RAM. */
    void load(GuestMemory ram) {
        listing()
                .lines()
                .map(line -> line.split("\t"))
                .filter(l -> l.length > 1)
                .forEach(l -> {
                    String address = l[0].substring(0, l[0].indexOf(':')).trim();
                    ram.putBytes(Long.parseLong(address, 16), BYTES.parseHex(l[1].trim()));
                });
    }

    private String listing() {
        String file = name().toLowerCase(Locale.ROOT) + ".lst";
        try (InputStream in = GuestLoop.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is missing; bench/loops/Makefile makes it");
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
