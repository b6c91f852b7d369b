// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import tools.jackson.jr.ob.JSON;

/** Writes results for machines. */
public final class Json {
    private static final JSON PRETTY =
            JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).with(JSON.Feature.WRITE_NULL_PROPERTIES);
    private static final int DECIMALS = 3;

    private Json() {}

    /** An object of maps, lists, strings, numbers, booleans and nulls, in the maps' order. */
    public static String text(Map<String, ?> object) {
        return PRETTY.asString(object);
    }

    /** A number to the third decimal; a whole one has no decimals. */
    public static Number number(double value) {
        BigDecimal rounded = BigDecimal.valueOf(value)
                .setScale(DECIMALS, RoundingMode.HALF_EVEN)
                .stripTrailingZeros();
        if (rounded.scale() <= 0) {
            return rounded.longValue();
        }
        return rounded;
    }
}
