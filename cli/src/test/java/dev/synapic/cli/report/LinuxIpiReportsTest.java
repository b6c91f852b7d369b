// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.bench.FakeLinuxBench;
import dev.synapic.cli.bench.LinuxIpiResult;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.jr.ob.JSON;

class LinuxIpiReportsTest {
    private static final LinuxIpiResult RESULT = FakeLinuxBench.result();

    private static String text() {
        return String.join("\n", LinuxIpiText.lines(RESULT));
    }

    private static String words() {
        return String.join("\n", new LinuxIpiStory(RESULT).paragraphs());
    }

    @Test
    void noLineIsTooWide() {
        assertThat(LinuxIpiText.lines(RESULT))
                .allSatisfy(line -> assertThat(line.length()).as(line).isLessThanOrEqualTo(LinuxIpiText.WIDTH));
    }

    @Test
    void theHeaderNamesKernelProfileAndWhatTimesAre() {
        assertThat(text())
                .startsWith(
                        "IPI benchmark in Linux 6.1.0-test: 80 vCPUs, 100 iterations, module, seed 0, trace 0x12345678")
                .contains("Profile skylake-apicv: ")
                .contains("profile's virtual time");
    }

    @Test
    void aRowShowsExitsByTheirKind() {
        assertThat(text())
                .containsPattern("x2apic physical mode, vanilla, shorthand off\n"
                        + "(.*\n"
                        + "){3}  broadcast +79 +79 +79 +0 +0.02 +79 +79 +79 +79,035 +198,451\n")
                .containsPattern("x2apic cluster mode, pv-ipi, shorthand off\n"
                        + "(.*\n"
                        + "){3}  broadcast +79 +1 +0 +1 +0.02 +79 +79 +79 +1,035.0 +75,723\n");
    }

    /** Wide as in the tables that came with the hypercall; with the shorthand there is nothing to lay beside them. */
    @Test
    void timesAreAlsoLaidOutAsThePublishedTablesAre() {
        String layout = text().substring(text().indexOf("Modelled, scaled to 100,000 iterations"));
        assertThat(layout)
                .contains("x2apic physical mode, vanilla, shorthand off\n\n"
                        + " Dry-run:                         0,              3500000 ns\n"
                        + " Self-IPI:                        0,              3500000 ns\n"
                        + " Normal IPI:                      0,            103500000 ns\n"
                        + " Broadcast IPI:                   0,           7903500000 ns\n"
                        + " Broadcast lock:                  0,           7903500000 ns\n")
                .contains(" Broadcast IPI:                   0,            103500000 ns  => 7536% performance boost\n")
                .doesNotContain("shorthand on");
    }

    /** 22 % and 154 % are what the text of the hypercall itself says. */
    @Test
    void whatTheHypercallSavesStandsBesideWhatWasPublished() {
        assertThat(words())
                .contains("In x2apic physical mode pv-ipi saves 78 exits and so 78.0 of 79.0 us: 7536 % faster"
                        + " (published: 154 %).")
                .contains("In x2apic cluster mode pv-ipi saves 4 exits and so 4.0 of 5.0 us: 386 % faster"
                        + " (published: 22 %).");
    }

    @Test
    void whatWasLeftOutIsSaid() {
        assertThat(text()).contains("  x2apic cluster mode, hv-ipi: not in this test");
    }

    @Test
    void broadcastsAreSortedByTheirExits() {
        assertThat(words())
                .contains("To reach 79 CPUs without the shorthand the sender leaves the guest 79 times (x2apic physical"
                        + " mode, vanilla), 5 times (x2apic cluster mode, vanilla), once (x2apic physical mode,"
                        + " pv-ipi; x2apic physical mode, hv-ipi; x2apic cluster mode, pv-ipi).");
    }

    @Test
    void theShorthandIsExplained() {
        assertThat(words())
                .contains("With the shorthand the sender leaves the guest once (")
                .contains("as in the row subset: 78 targets, 78 times (x2apic physical mode, vanilla), 5 times (");
    }

    @Test
    void controlRowsAndPollingTargetsAreTold() {
        assertThat(words())
                .contains("dry-run 35.0 to 35.0 ns as a guest of KVM")
                .contains("least: 0.99 of 1");
    }

    @Test
    void nothingMeasuredNothingTold() {
        LinuxIpiResult none = new LinuxIpiResult(FakeLinuxBench.plan(), List.of(), List.of(), 0, true);
        assertThat(new LinuxIpiStory(none).paragraphs()).isEmpty();
        assertThat(LinuxIpiText.lines(none)).contains("Interrupted: this is what was complete by then.");
    }

    @Test
    void jsonHasEveryRowAndWhatWasLeftOut() throws java.io.IOException {
        Map<String, Object> json = JSON.std.mapFrom(LinuxIpiJson.text(RESULT));
        assertThat(json)
                .containsEntry("schema", "synapic.bench.linux-ipi/1")
                .containsEntry("kernel", "6.1.0-test")
                .containsEntry("variant", "module")
                .containsEntry("vcpus", 80);
        assertThat((List<?>) json.get("rows")).hasSize(9 * 6).first().isEqualTo(firstRow());
        assertThat((List<?>) json.get("skipped")).hasSize(1);
    }

    private static Map<String, Object> firstRow() {
        return Map.ofEntries(
                Map.entry("apic", "x2apic-phys"),
                Map.entry("mode", "vanilla"),
                Map.entry("shorthand", false),
                Map.entry("scenario", "dry-run"),
                Map.entry("targets", 0),
                Map.entry("operations", 100),
                Map.entry("senderExitsPerOp", 0),
                Map.entry("icrWritesPerOp", 0),
                Map.entry("hypercallsPerOp", 0),
                Map.entry("otherSendsPerOp", 0.02),
                Map.entry("receiverExitsPerOp", 0),
                Map.entry("ipisTakenPerOp", 0),
                Map.entry("requestsAcceptedPerOp", 0),
                Map.entry("modelledNsPerOp", 35),
                Map.entry("deliveryNsPerOp", 0),
                Map.entry("hostNsPerOp", 10000),
                Map.entry("publishedNsPerOp", 31.359),
                Map.entry("publishedDeliveryNsPerOp", 0),
                Map.entry("exitsByReason", Map.of()));
    }
}
