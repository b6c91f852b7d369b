// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.cli.terminal.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Results as JSON, schema {@code synapic.kut/1}. Time of the host is marked as such; all else repeats with the same seed. */
public final class KutJson {
    private static final long PS_PER_NS = 1000;

    private KutJson() {}

    public static String text(String config, SuiteOptions options, List<TestResult> results, boolean interrupted) {
        KutSummary summary = KutSummary.of(results);
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("schema", "synapic.kut/1");
        object.put("config", config);
        object.put("seed", options.seed());
        object.put("epochSeconds", options.epochSeconds());
        object.put("passed", summary.passed());
        object.put("failed", summary.failed());
        object.put("knownFailures", summary.knownFailures());
        object.put("skipped", summary.skipped());
        object.put("interrupted", interrupted);
        object.put("tests", results.stream().map(KutJson::test).toList());
        return Json.text(object);
    }

    private static Map<String, Object> test(TestResult result) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("name", result.test().name());
        object.put("groups", List.of(result.test().groups().strip().split("\\s+")));
        object.put("status", result.status().name().toLowerCase(Locale.ROOT));
        object.put("summary", result.summary());
        object.put("reason", result.reason());
        object.put("known", result.known());
        object.put("internalError", result.internalError());
        Checks checks = result.checks();
        object.put("checks", checks.total());
        object.put("checksPassed", checks.passed());
        object.put("checksFailed", checks.failed());
        object.put("checksFailedAsExpected", checks.expectedFailures());
        object.put("checksSkipped", checks.skipped());
        object.put("failures", checks.failures());
        object.put("virtualNanos", result.virtualPs() / PS_PER_NS);
        object.put("hostMillis", result.hostTime().toMillis());
        object.put("command", result.command());
        return object;
    }
}
