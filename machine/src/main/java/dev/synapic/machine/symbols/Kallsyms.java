// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.symbols;

import dev.synapic.guestmem.GuestMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The symbols that a running Linux keeps in its read-only data for /proc/kallsyms, found by their form. Their addresses are those of this
 * run, wherever the kernel was put.
 *
 * <p>Models: 64-bit kernels with relative addresses (KALLSYMS_BASE_RELATIVE), names with lengths of one or two bytes, both orders of the tables:
 * addresses in front of the names (to Linux 6.4) and behind them; numbers of per-CPU variables, which are positive, and addresses, which are
 * negative and count down from the base; from 6.15 on all count up.
 * Spec: Linux, scripts/kallsyms.c, which writes the tables, and kernel/kallsyms.c. Not modelled: kernels without these tables.
 *
 * <p>How they are found: names are packed by a table of 256 tokens in which a digit stands for itself, so that "0" to "9" follow each other;
 * behind it is an index of offsets that proves it. Somewhere in front of it are the names, in front of them their number, and behind
 * them marks, the offset of each 256th name, that prove it.
 */
final class Kallsyms {
    private static final int TOKENS = 256;
    private static final int NAMES_PER_MARK = 256;
    private static final int ALIGNMENT = 8;
    private static final int MOST_NAMES = 1 << 20;
    private static final byte[] DIGITS =
            "0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0".getBytes(StandardCharsets.US_ASCII);
    private static final int STEP_BYTES = 1 << 20;
    /** What is looked at around the digits: kernels have up to 5 MB of names. */
    private static final int BEFORE_BYTES = 16 << 20;

    private static final int BEHIND_BYTES = 8 << 20;

    /** A part of RAM; offsets below are into it. */
    private final ByteBuffer bytes;

    private int tokenTable;
    private final int[] tokens = new int[TOKENS];
    private int addressesBehind;
    private int names;
    private int nameCount;

    private Kallsyms(byte[] window) {
        this.bytes = ByteBuffer.wrap(window).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The symbols of the first kernel in RAM that has them; none where there is none. */
    static List<Symbol> find(GuestMemory ram) {
        int overlap = DIGITS.length - 1;
        byte[] step = new byte[STEP_BYTES + overlap];
        long top = ram.size() <= GuestMemory.HOLE_START
                ? ram.size()
                : ram.size() + GuestMemory.HOLE_END - GuestMemory.HOLE_START;
        for (long gpa = 0; gpa < top; gpa += STEP_BYTES) {
            int length = ram.contains(gpa, step.length) ? step.length : STEP_BYTES;
            if (!ram.contains(gpa, length)) {
                continue;
            }
            ram.getBytes(gpa, step, 0, length);
            for (int at = indexOfDigits(step, 0, length); at >= 0; at = indexOfDigits(step, at + 1, length)) {
                List<Symbol> symbols = around(gpa + at, ram);
                if (!symbols.isEmpty()) {
                    return symbols;
                }
            }
        }
        return List.of();
    }

    private static int indexOfDigits(byte[] in, int from, int length) {
        for (int at = from; at <= length - DIGITS.length; at++) {
            if (in[at] == '0' && in[at + 1] == 0 && in[at + 2] == '1' && matches(in, at)) {
                return at;
            }
        }
        return -1;
    }

    private static boolean matches(byte[] in, int at) {
        for (int i = 0; i < DIGITS.length; i++) {
            if (in[at + i] != DIGITS[i]) {
                return false;
            }
        }
        return true;
    }

    private static List<Symbol> around(long digits, GuestMemory ram) {
        long first = digits;
        while (first >= STEP_BYTES && digits - first < BEFORE_BYTES && ram.contains(first - STEP_BYTES, STEP_BYTES)) {
            first -= STEP_BYTES;
        }
        first &= -ALIGNMENT;
        long end = digits + DIGITS.length;
        while (end - digits < BEHIND_BYTES && ram.contains(end, STEP_BYTES)) {
            end += STEP_BYTES;
        }
        byte[] window = new byte[(int) (end - first)];
        ram.getBytes(first, window, 0, window.length);
        try {
            return new Kallsyms(window).read((int) (digits - first));
        } catch (IndexOutOfBoundsException e) {
            // Something that looks like the digits of a token table, and leads out of RAM.
            return List.of();
        }
    }

    private List<Symbol> read(int digits) {
        if (!findTokens(digits) || !findNames()) {
            return List.of();
        }
        // The number of names is in front of them, in a word of its own; the base of the addresses is a word of 64
        // bits.
        int baseBefore = names - 2 * ALIGNMENT;
        List<Symbol> symbols = symbols(baseBefore - aligned(nameCount * Integer.BYTES), baseBefore);
        return symbols.isEmpty()
                ? symbols(addressesBehind, addressesBehind + aligned(nameCount * Integer.BYTES))
                : symbols;
    }

    private static int aligned(int offset) {
        return offset + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** Token '0' is at digits: goes back to token 0, and forth to the index, which must agree. */
    private boolean findTokens(int digits) {
        int at = digits;
        for (int token = '0'; token > 0; token--) {
            at--;
            while (bytes.get(at - 1) != 0) {
                at--;
            }
        }
        tokenTable = at;
        for (int token = 0; token < TOKENS; token++) {
            tokens[token] = at;
            while (bytes.get(at) != 0) {
                at++;
            }
            at++;
        }
        int index = aligned(at);
        for (int token = 0; token < TOKENS; token++) {
            if ((bytes.getShort(index + token * Short.BYTES) & 0xFFFF) != tokens[token] - tokenTable) {
                return false;
            }
        }
        addressesBehind = aligned(index + TOKENS * Short.BYTES);
        return tokenTable % ALIGNMENT == 0;
    }

    /** Where the names begin there is their number in front, and they lead to the marks, which agree. */
    private boolean findNames() {
        for (int at = tokenTable; at > Math.max(tokenTable - BEFORE_BYTES, ALIGNMENT); at -= ALIGNMENT) {
            int count = bytes.getInt(at - ALIGNMENT);
            boolean isCount = count > NAMES_PER_MARK && count < MOST_NAMES && bytes.getInt(at - Integer.BYTES) == 0;
            if (isCount && leadsToMarks(at, count)) {
                names = at;
                nameCount = count;
                return true;
            }
        }
        return false;
    }

    private boolean leadsToMarks(int start, int count) {
        int end = start;
        for (int i = 0; i < count && end < tokenTable; i++) {
            end = next(end);
        }
        int marks = aligned(end);
        if (marks + count / NAMES_PER_MARK * Integer.BYTES >= tokenTable) {
            return false;
        }
        int at = start;
        for (int i = 0; i < count; i++) {
            if (i % NAMES_PER_MARK == 0 && at - start != bytes.getInt(marks + i / NAMES_PER_MARK * Integer.BYTES)) {
                return false;
            }
            at = next(at);
        }
        return true;
    }

    private int next(int name) {
        return behindLength(name) + length(name);
    }

    /** How many tokens a name has. From 128 on the upper bits are in a second byte. */
    private int length(int name) {
        int low = bytes.get(name) & 0xFF;
        return low < 0x80 ? low : low & 0x7F | (bytes.get(name + 1) & 0xFF) << 7;
    }

    private int behindLength(int name) {
        return bytes.get(name) < 0 ? name + 2 : name + 1;
    }

    /** The symbols with their addresses there; none where these are not in order. */
    private List<Symbol> symbols(int offsets, int base) {
        if (offsets < 0 || base + Long.BYTES > bytes.limit() || bytes.getLong(base) >= 0) {
            return List.of();
        }
        long relativeBase = bytes.getLong(base);
        boolean countsDown = bytes.getInt(offsets + (nameCount - 1) * Integer.BYTES) < 0;
        List<Symbol> symbols = new ArrayList<>(nameCount);
        int name = names;
        long last = 0;
        for (int i = 0; i < nameCount; i++) {
            int offset = bytes.getInt(offsets + i * Integer.BYTES);
            long address = !countsDown
                    ? relativeBase + (offset & 0xFFFF_FFFFL)
                    : offset >= 0 ? offset : relativeBase - 1 - offset;
            if (Long.compareUnsigned(address, last) < 0) {
                return List.of();
            }
            last = address;
            symbols.add(symbol(name, address));
            name = next(name);
        }
        return symbols;
    }

    /** The first character of an unpacked name is its type. */
    private Symbol symbol(int name, long address) {
        StringBuilder unpacked = new StringBuilder();
        int first = behindLength(name);
        for (int i = 0; i < length(name); i++) {
            for (int at = tokens[bytes.get(first + i) & 0xFF]; bytes.get(at) != 0; at++) {
                unpacked.append((char) (bytes.get(at) & 0xFF));
            }
        }
        return unpacked.isEmpty()
                ? new Symbol(address, "", null, false)
                : Symbol.ofType(address, unpacked.charAt(0), unpacked.substring(1), null);
    }
}
