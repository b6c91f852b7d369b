// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.trace;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** Instructions that raised #UD since the engine does not know them, by their first bytes, for the run's report. Bounded. */
public final class UnknownInstructions {
    private static final int MOST = 64;

    private final Map<String, Long> seen = new LinkedHashMap<>();
    private long total;

    public void note(long rip, byte[] bytes, int length) {
        total++;
        String key = "%s at rip 0x%x".formatted(HexFormat.ofDelimiter(" ").formatHex(bytes, 0, length), rip);
        if (seen.size() < MOST || seen.containsKey(key)) {
            seen.merge(key, 1L, Long::sum);
        }
    }

    public long total() {
        return total;
    }

    /** Bytes and place -> how often. */
    public Map<String, Long> seen() {
        return Map.copyOf(seen);
    }
}
