// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.ConfigurationException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * When the calendar starts.
 *
 * @param start a fixed time in seconds since 1970-01-01, or null for the host's time
 * @param local whether the host's time is the local one
 */
record RtcBase(@Nullable Long start, boolean local) {
    static final RtcBase HOST = new RtcBase(null, false);

    /** An argument of {@code -rtc}. The clock that drives the calendar is virtual time, whatever clock= says. */
    static RtcBase parse(String argument) {
        RtcBase base = HOST;
        for (KeyValues.Pair pair : KeyValues.parse(argument, "")) {
            switch (pair.key()) {
                case "base" -> base = base(pair.value());
                case "clock" -> checkClock(argument, pair.value());
                default ->
                    throw new ConfigurationException("-rtc %s: Invalid parameter '%s'".formatted(argument, pair.key()));
            }
        }
        return base;
    }

    private static void checkClock(String argument, String clock) {
        if (!clock.equals("host") && !clock.equals("vm") && !clock.equals("rt")) {
            throw new ConfigurationException("-rtc %s: invalid option value '%s' for clock".formatted(argument, clock));
        }
    }

    private static RtcBase base(String text) {
        return switch (text) {
            case "utc" -> HOST;
            case "localtime" -> new RtcBase(null, true);
            default -> new RtcBase(seconds(text), false);
        };
    }

    private static long seconds(String text) {
        try {
            return (text.contains("T")
                            ? LocalDateTime.parse(text)
                            : LocalDate.parse(text).atStartOfDay())
                    .toEpochSecond(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw new ConfigurationException(
                    "invalid datetime format; valid formats: '2006-06-17T16:01:21' or '2006-06-17'");
        }
    }

    /** The calendar's time at power-on, where the host's is that. */
    long epochSeconds(long hostSeconds) {
        if (start != null) {
            return start;
        }
        return local
                ? hostSeconds
                        + ZoneId.systemDefault()
                                .getRules()
                                .getOffset(Instant.ofEpochSecond(hostSeconds))
                                .getTotalSeconds()
                : hostSeconds;
    }
}
