// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.IpiBenchPlan;
import dev.synapic.cli.bench.IpiBenchResult;
import dev.synapic.cli.bench.IpiBenchRow;
import dev.synapic.cli.bench.Published;
import dev.synapic.cli.terminal.Json;
import dev.synapic.cli.terminal.Quantity;
import dev.synapic.machine.exits.HardwareProfile;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The IPI benchmark's result for machines. */
public final class IpiBenchJson {
    public static final String SCHEMA = "synapic.bench.ipi/1";

    private IpiBenchJson() {}

    public static String text(IpiBenchResult result) {
        return Json.text(object(result));
    }

    private static Map<String, @Nullable Object> object(IpiBenchResult result) {
        IpiBenchPlan plan = result.plan();
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("schema", SCHEMA);
        object.put("vcpus", plan.vcpus());
        object.put("iterations", plan.iterations());
        object.put("profile", plan.profile().name());
        object.put("seed", plan.seed());
        object.put("guest", plan.image().name());
        object.put("lookaheadNs", Json.number(plan.profile().lookaheadPs() / 1000.0));
        object.put("traceHash", Quantity.hash(result.traceHash()));
        object.put("interrupted", result.interrupted());
        object.put("rows", result.rows().stream().map(IpiBenchJson::row).toList());
        object.put(
                "skipped", result.skipped().stream().map(IpiBenchJson::skipped).toList());
        object.put("profileDescription", plan.profile().description());
        object.put("profileConstants", constants(plan.profile()));
        object.put("publishedSource", Published.SOURCE);
        return object;
    }

    private static Map<String, @Nullable Object> row(IpiBenchRow row) {
        Published.Time published = row.published();
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("apic", row.cell().apic().option());
        object.put("mode", row.cell().mode().option());
        object.put("scenario", row.scenario().option());
        object.put("targets", row.targets());
        object.put("operations", row.operations());
        object.put("sendsPerOp", row.sendsPerOperation());
        object.put("senderExitsPerOp", Json.number(row.senderExitsPerOperation()));
        object.put("receiverExitsPerOp", Json.number(row.receiverExitsPerOperation()));
        object.put("exitsExact", row.exactExits());
        object.put("exitsModelled", row.modelledExits());
        object.put("ipisAcceptedPerOp", Json.number(row.acceptedPerOperation()));
        object.put("ipisCoalescedPerOp", Json.number(row.coalescedPerOperation()));
        object.put("modelledNsPerOp", Json.number(row.modelledNsPerOperation()));
        object.put("deliveryNsPerOp", Json.number(row.deliveryNsPerOperation()));
        object.put("hostNsPerOp", Json.number(row.hostNsPerOperation()));
        object.put("publishedNsPerOp", published == null ? null : Json.number(published.totalNsPerOperation()));
        object.put(
                "publishedDeliveryNsPerOp", published == null ? null : Json.number(published.deliveryNsPerOperation()));
        object.put("calibrated", row.calibrated());
        Map<String, Object> exits = new LinkedHashMap<>();
        row.exitsByReason().forEach((reason, count) -> exits.put(reason.name(), count));
        object.put("exitsByReason", exits);
        return object;
    }

    private static Map<String, Object> skipped(IpiBenchResult.Skipped skipped) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("apic", skipped.cell().apic().option());
        object.put("mode", skipped.cell().mode().option());
        object.put("scenario", skipped.scenario());
        object.put("reason", skipped.reason());
        return object;
    }

    private static List<Map<String, Object>> constants(HardwareProfile profile) {
        return profile.entries().stream().map(IpiBenchJson::constant).toList();
    }

    private static Map<String, Object> constant(HardwareProfile.Entry entry) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("name", entry.name());
        object.put("value", entry.value());
        object.put("chargedTo", entry.chargedTo());
        object.put("when", entry.when());
        object.put("source", entry.source());
        return object;
    }
}
