// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.math.BigInteger;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Numbers as requests and replies have them: whole numbers of JSON, or hex strings such as "0x41". */
final class Numbers {
    private static final int HEX_DIGITS = 16;
    private static final BigInteger UNSIGNED_LIMIT = BigInteger.ONE.shiftLeft(Long.SIZE);

    private Numbers() {}

    /** An unsigned value as a hex string. */
    static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    /** A signed value as a hex string: -0x16 is -22. */
    static String signedHex(long value) {
        return value < 0 ? "-0x" + Long.toHexString(-value) : hex(value);
    }

    /** 64 bits, unsigned or negative; what names the field in the error. */
    static long parse(String what, @Nullable Object value) {
        return switch (value) {
            case Long number -> number;
            case BigInteger big when big.signum() > 0 && big.compareTo(UNSIGNED_LIMIT) < 0 -> big.longValue();
            case BigInteger big ->
                throw new BadRequest(what + " is " + shortened(big.toString()) + "; a number has 64 bits");
            case String text when isHex(text) -> Long.parseUnsignedLong(text, 2, text.length(), 16);
            case null, default ->
                throw new BadRequest(
                        what + " is " + shown(value) + "; give a whole number or a hex string such as \"0x41\"");
        };
    }

    private static boolean isHex(String text) {
        if (!text.startsWith("0x") || text.length() == 2 || text.length() > 2 + HEX_DIGITS) {
            return false;
        }
        for (int i = 2; i < text.length(); i++) {
            if (Character.digit(text.charAt(i), 16) < 0 || text.charAt(i) > 'f') {
                return false;
            }
        }
        return true;
    }

    /** A value of a request as an error shows it. */
    static String shown(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case String text -> '"' + shortened(text) + '"';
            case Number number -> shortened(number.toString());
            case Boolean flag -> flag.toString();
            case List<?> list -> "a list";
            default -> "an object";
        };
    }

    private static String shortened(String text) {
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }
}
