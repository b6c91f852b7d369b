// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import dev.synapic.machine.ConfigurationException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes, times and counts as people write and read them. */
public final class Quantity {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d+(?:\\.\\d+)?)([a-zA-Z]*)");
    private static final Map<String, Long> BYTES_PER_UNIT =
            Map.of("", 1L << 20, "B", 1L, "K", 1L << 10, "M", 1L << 20, "G", 1L << 30, "T", 1L << 40);
    private static final Map<String, Long> PS_PER_UNIT = Map.of(
            "ps",
            1L,
            "ns",
            1_000L,
            "us",
            1_000_000L,
            "ms",
            1_000_000_000L,
            "s",
            1_000_000_000_000L,
            "m",
            60_000_000_000_000L);
    private static final double PS_PER_US = 1e6;
    private static final double PS_PER_MS = 1e9;
    private static final double PS_PER_S = 1e12;

    private Quantity() {}

    /** Bytes of a size as QEMU's -m takes it: 64M, 1G, a plain number is MiB. */
    public static long bytes(String option, String text) {
        return parse(
                option, text.toUpperCase(Locale.ROOT).replaceFirst("(?<=[KMGT])I?B$", ""), BYTES_PER_UNIT, "64M or 1G");
    }

    /** Picoseconds of a virtual time such as 10s, 500ms or 20us. */
    public static long picoseconds(String option, String text) {
        if (text.matches("[0-9.]+")) {
            throw new ConfigurationException(
                    "%s %s: a time needs its unit, such as %ss or %sms".formatted(option, text, text, text));
        }
        return parse(option, text, PS_PER_UNIT, "10s, 500ms or 20us");
    }

    private static long parse(String option, String text, Map<String, Long> units, String examples) {
        Matcher parts = NUMBER_AND_UNIT.matcher(text);
        Long unit = parts.matches() ? units.get(parts.group(2)) : null;
        if (unit == null) {
            throw new ConfigurationException("%s %s: expected something like %s".formatted(option, text, examples));
        }
        BigDecimal value = new BigDecimal(parts.group(1)).multiply(BigDecimal.valueOf(unit));
        return value.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue();
    }

    /** A virtual time with a unit that fits it: 1.54us. */
    public static String time(long ps) {
        if (ps >= PS_PER_S) {
            return String.format(Locale.ROOT, "%.2fs", ps / PS_PER_S);
        }
        return ps >= PS_PER_MS
                ? String.format(Locale.ROOT, "%.2fms", ps / PS_PER_MS)
                : String.format(Locale.ROOT, "%.2fus", ps / PS_PER_US);
    }

    /** A count with its thousands apart. */
    public static String count(long n) {
        return String.format(Locale.ROOT, "%,d", n);
    }

    /** A count per operation: whole ones without decimals. */
    public static String perOperation(double n) {
        return n == Math.rint(n) ? Long.toString((long) n) : String.format(Locale.ROOT, "%.2f", n);
    }

    /** A 64-bit hash as it is printed everywhere. */
    public static String hash(long hash) {
        return String.format(Locale.ROOT, "0x%016x", hash);
    }
}
