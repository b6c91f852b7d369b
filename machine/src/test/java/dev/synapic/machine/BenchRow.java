// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import java.util.HashMap;
import java.util.Map;

/** A line {@code row key=value ...} of ipi-bench: what the guest counted and read from its own clock. */
record BenchRow(
        String apic,
        String mode,
        String scenario,
        int targets,
        long operations,
        long deliveryTicks,
        long totalTicks,
        int sends) {

    static BenchRow parse(String line) {
        Map<String, String> values = new HashMap<>();
        for (String word : line.split(" ")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                values.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return new BenchRow(
                values.get("apic"),
                values.get("mode"),
                values.get("scenario"),
                Integer.parseInt(values.get("targets")),
                Long.parseLong(values.get("operations")),
                Long.parseLong(values.get("delivery_ticks")),
                Long.parseLong(values.get("total_ticks")),
                Integer.parseInt(values.get("sends")));
    }

    /** Modelled time of an operation. */
    double totalNs(MachineConfig config) {
        return totalTicks * 1e6 / config.profile().tscKhz() / operations;
    }
}
