// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened in a fabric.
 *
 * @param name of a tracepoint, or one of the oracle's own: eventfd, guest_reset, guest_crash
 * @param vcpu in whose name, or -1 for nobody's
 * @param fields names and values in turn
 */
record Event(String name, long nanos, int vcpu, @Nullable Object... fields) {
    Map<String, @Nullable Object> json() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("event", name);
        json.put("ns", nanos);
        json.put("vcpu", vcpu < 0 ? null : vcpu);
        for (int i = 0; i < fields.length; i += 2) {
            json.put(String.valueOf(fields[i]), fields[i + 1]);
        }
        return json;
    }
}
