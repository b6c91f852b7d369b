// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.machine.ConfigurationException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long a test may take, in time of the host, as timeout(1) reads it: a number with s, m, h or d; 0 is for ever.
 *
 * @param text as written
 * @param duration zero is for ever
 */
public record TestTimeout(String text, Duration duration) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)([smhd]?)");
    private static final double NANOS_PER_SECOND = 1e9;

    /** where is told in the message where the text is none. */
    public static TestTimeout parse(String where, String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new ConfigurationException(
                    "%s %s: expected a number of seconds, or one with s, m, h or d".formatted(where, text));
        }
        Duration unit = switch (form.group(2)) {
            case "m" -> Duration.ofMinutes(1);
            case "h" -> Duration.ofHours(1);
            case "d" -> Duration.ofDays(1);
            default -> Duration.ofSeconds(1);
        };
        double seconds = Double.parseDouble(form.group(1)) * unit.toSeconds();
        long whole = (long) seconds;
        return new TestTimeout(text, Duration.ofSeconds(whole, (long) ((seconds - whole) * NANOS_PER_SECOND)));
    }

    boolean isForEver() {
        return duration.isZero();
    }
}
