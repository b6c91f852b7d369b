// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.cli.bench.LinuxIpiPlan;
import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.cli.bench.LinuxIpiResult;
import dev.synapic.cli.bench.LinuxIpiRow;
import dev.synapic.cli.bench.Published;
import dev.synapic.cli.terminal.Json;
import dev.synapic.cli.terminal.Quantity;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The result of the IPI benchmark in Linux for machines. */
public final class LinuxIpiJson {
    public static final String SCHEMA = "synapic.bench.linux-ipi/1";

    private LinuxIpiJson() {}

    public static String text(LinuxIpiResult result) {
        LinuxIpiPlan plan = result.plan();
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("schema", SCHEMA);
        object.put("kernel", plan.guest().release());
        object.put("variant", plan.guest().variant().option());
        object.put("vcpus", plan.vcpus());
        object.put("iterations", plan.iterations());
        object.put("profile", plan.profile().name());
        object.put("profileDescription", plan.profile().description());
        object.put("seed", plan.seed());
        object.put("lookaheadNs", Json.number(plan.profile().lookaheadPs() / 1000.0));
        object.put("traceHash", Quantity.hash(result.traceHash()));
        object.put("interrupted", result.interrupted());
        object.put("publishedSource", Published.SOURCE);
        object.put("rows", result.rows().stream().map(row -> row(result, row)).toList());
        object.put(
                "skipped", result.skipped().stream().map(LinuxIpiJson::skipped).toList());
        return Json.text(object);
    }

    private static Map<String, @Nullable Object> cell(Cell cell) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        object.put("apic", cell.apic().option());
        object.put("mode", cell.mode().option());
        object.put("shorthand", cell.shorthand());
        return object;
    }

    private static Map<String, @Nullable Object> row(LinuxIpiResult result, LinuxIpiRow row) {
        Published.Time published = result.published(row).orElse(null);
        Map<String, @Nullable Object> object = cell(row.cell());
        object.put("scenario", row.scenario().option());
        object.put("targets", row.targets());
        object.put("operations", row.operations());
        object.put("senderExitsPerOp", Json.number(row.senderExitsPerOperation()));
        object.put("icrWritesPerOp", Json.number(row.icrWritesPerOperation()));
        object.put("hypercallsPerOp", Json.number(row.hypercallsPerOperation()));
        object.put("otherSendsPerOp", Json.number(row.otherSendsPerOperation()));
        object.put("receiverExitsPerOp", Json.number(row.receiverExitsPerOperation()));
        object.put("ipisTakenPerOp", Json.number(row.calledPerOperation()));
        object.put("requestsAcceptedPerOp", Json.number(row.acceptedPerOperation()));
        object.put("modelledNsPerOp", Json.number(row.modelledNsPerOperation()));
        object.put("deliveryNsPerOp", Json.number(row.deliveryNsPerOperation()));
        object.put("hostNsPerOp", Json.number(row.hostNsPerOperation()));
        object.put("publishedNsPerOp", published == null ? null : Json.number(published.totalNsPerOperation()));
        object.put(
                "publishedDeliveryNsPerOp", published == null ? null : Json.number(published.deliveryNsPerOperation()));
        Map<String, Object> exits = new LinkedHashMap<>();
        row.exitsByReason().forEach((reason, count) -> exits.put(reason.name(), count));
        object.put("exitsByReason", exits);
        return object;
    }

    private static Map<String, @Nullable Object> skipped(LinuxIpiResult.Skipped skipped) {
        Map<String, @Nullable Object> object = cell(skipped.cell());
        object.put("scenario", skipped.scenario());
        object.put("reason", skipped.reason());
        return object;
    }
}
