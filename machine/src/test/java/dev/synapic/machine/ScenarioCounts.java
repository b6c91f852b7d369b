// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.device.MarkerPort;
import dev.synapic.machine.exits.ExitReason;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * What the machine counted between a scenario's two marks. Reasons that did not occur are absent; the marks' own exits are not in it.
 *
 * @param sender exits of the boot processor, which sends
 * @param receivers exits of all others together
 */
record ScenarioCounts(
        Map<ExitReason, Long> sender,
        Map<ExitReason, Long> receivers,
        long accepted,
        long coalesced,
        long acknowledged,
        long eois) {

    long senderExits() {
        return sender.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Collects the counts of every scenario of a run, by the scenario's number. */
    static final class Meter implements MarkListener {
        private final Map<Integer, ScenarioCounts> scenarios = new HashMap<>();
        private long[] senderBefore = {};
        private long[] allBefore = {};
        private long[] fabricBefore = {};

        Map<Integer, ScenarioCounts> scenarios() {
            return scenarios;
        }

        @Override
        public void mark(Machine machine, int word) {
            long[] sender = machine.vcpus().getFirst().exitCounters().counts();
            long[] all = machine.exitCounters().counts();
            long[] fabric = fabric(machine.interrupts());
            if (word >>> 24 == MarkerPort.BEGIN) {
                senderBefore = sender;
                allBefore = all;
                fabricBefore = fabric;
            } else {
                scenarios.put(word >> 16 & 0xFF, difference(sender, all, fabric));
            }
        }

        private static long[] fabric(InterruptCounters counters) {
            return new long[] {counters.accepted(), counters.coalesced(), counters.acknowledged(), counters.eois()};
        }

        /** An exit is counted when it begins: the begin mark's is in both counts, the end mark's only in the second. */
        private ScenarioCounts difference(long[] sender, long[] all, long[] fabric) {
            Map<ExitReason, Long> bySender = new EnumMap<>(ExitReason.class);
            Map<ExitReason, Long> byReceivers = new EnumMap<>(ExitReason.class);
            for (ExitReason reason : ExitReason.values()) {
                int i = reason.ordinal();
                long sent = sender[i] - senderBefore[i];
                put(byReceivers, reason, all[i] - allBefore[i] - sent);
                put(bySender, reason, reason == ExitReason.IO_INSTRUCTION ? sent - 1 : sent);
            }
            return new ScenarioCounts(
                    bySender,
                    byReceivers,
                    fabric[0] - fabricBefore[0],
                    fabric[1] - fabricBefore[1],
                    fabric[2] - fabricBefore[2],
                    fabric[3] - fabricBefore[3]);
        }

        private static void put(Map<ExitReason, Long> counts, ExitReason reason, long count) {
            if (count != 0) {
                counts.put(reason, count);
            }
        }
    }
}
