// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.FakeBench;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.jr.ob.JSON;

class IpiBenchJsonTest {
    private final Map<String, Object> result = JSON.std.mapFrom(IpiBenchJson.text(FakeBench.result()));

    @SuppressWarnings("unchecked")
    private Map<String, Object> row(String apic, String mode, String scenario) {
        return ((List<Map<String, Object>>) result.get("rows"))
                .stream()
                        .filter(row -> row.get("apic").equals(apic)
                                && row.get("mode").equals(mode)
                                && row.get("scenario").equals(scenario))
                        .findFirst()
                        .orElseThrow();
    }

    @Test
    void theHeadSaysWhatRan() {
        assertThat(result)
                .containsEntry("schema", "synapic.bench.ipi/1")
                .containsEntry("vcpus", 80)
                .containsEntry("iterations", 1000)
                .containsEntry("profile", "skylake-apicv")
                .containsEntry("traceHash", "0x123456789abcdef0")
                .containsEntry("interrupted", false);
        assertThat(result.get("profileConstants")).asString().contains("accept-halted", "960000 ps", "calibrated");
        assertThat(result.get("skipped")).asString().contains("no other CPU");
    }

    @Test
    void aRowHasItsFiguresPerOperation() {
        assertThat(row("x2apic-phys", "vanilla", "broadcast"))
                .containsEntry("targets", 79)
                .containsEntry("senderExitsPerOp", 79)
                .containsEntry("receiverExitsPerOp", 79)
                .containsEntry("exitsExact", 158000)
                .containsEntry("exitsModelled", 1343)
                .containsEntry("ipisAcceptedPerOp", 79)
                .containsEntry("modelledNsPerOp", 197524)
                .containsEntry("publishedNsPerOp", 198450.709)
                .containsEntry("publishedDeliveryNsPerOp", 0)
                .containsEntry("calibrated", true)
                .containsEntry("exitsByReason", Map.of("HLT", 79000, "MSR_WRITE", 79000, "PAUSE_INSTRUCTION", 1343));
    }

    @Test
    void whatWasNotPublishedIsNull() {
        assertThat(row("xapic", "shorthand", "broadcast"))
                .containsEntry("publishedNsPerOp", null)
                .containsEntry("publishedDeliveryNsPerOp", null)
                .containsEntry("calibrated", false);
    }
}
