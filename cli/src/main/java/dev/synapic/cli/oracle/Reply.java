// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request is answered.
 *
 * @param kind the name of its field
 * @param value of that field
 * @param events null for an error
 * @param dropped how many events were too many
 */
record Reply(String kind, @Nullable Object value, @Nullable List<Event> events, long dropped) {
    static Reply error(String message) {
        return new Reply("error", message, null, 0);
    }

    static Reply result(@Nullable Object value, List<Event> events, long dropped) {
        return new Reply("result", value, events, dropped);
    }

    static Reply fault(Map<String, @Nullable Object> fault, List<Event> events, long dropped) {
        return new Reply("fault", fault, events, dropped);
    }
}
