// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.machine.VmbusBoard;
import dev.synapic.vmbus.VmbusChannel;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What happened on VMBus, for machines; docs/guide/vmbus.md describes the fields. */
final class VmbusJson {
    private VmbusJson() {}

    static Map<String, @Nullable Object> of(VmbusBoard board) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        int version = board.bus().version();
        object.put("version", version == 0 ? null : (version >>> 16) + "." + (version & 0xFFFF));
        object.put("messagesReceived", board.bus().messagesReceived());
        object.put("messagesSent", board.bus().messagesSent());
        object.put("mistakes", board.bus().mistakes());
        object.put("heartbeats", board.heartbeat().sequence());
        object.put("timeSyncs", board.timeSync().answers());
        object.put(
                "shutdown",
                board.shutdown().progress().name().toLowerCase(Locale.ROOT).replace('_', '-'));
        object.put(
                "channels",
                board.bus().channels().stream().map(VmbusJson::channel).toList());
        return object;
    }

    private static Map<String, Object> channel(VmbusChannel.Counters counters) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("device", counters.device());
        object.put("interfaceId", counters.interfaceId().toString());
        object.put("instanceId", counters.instanceId().toString());
        object.put("relid", counters.relid());
        object.put("offered", counters.offered());
        object.put("open", counters.open());
        object.put("packetsIn", counters.packetsIn());
        object.put("packetsOut", counters.packetsOut());
        object.put("signals", counters.signals());
        object.put("interrupts", counters.interrupts());
        object.put("mistakes", counters.mistakes());
        return object;
    }
}
