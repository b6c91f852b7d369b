// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way: command line, machines, guests, result. */
class IpiBenchCommandTest {
    private static final int WIDTH = 110;

    @TempDir
    private Path directory;

    private static Invocation bench(String... more) {
        String[] args = new String[6 + more.length];
        List<String> first = List.of("bench", "ipi", "--vcpus", "4", "--iterations", "20");
        first.toArray(args);
        System.arraycopy(more, 0, args, first.size(), more.length);
        return Invocation.of(args);
    }

    @Test
    void jsonHasARowForEachScenarioOfEachMachine() {
        Map<String, Object> result = bench("--json").json();
        assertThat(result)
                .containsEntry("schema", "synapic.bench.ipi/1")
                .containsEntry("vcpus", 4)
                .containsEntry("iterations", 20)
                .containsEntry("profile", "skylake-apicv")
                .containsEntry("skipped", List.of());
        List<Map<String, Object>> rows = Invocation.objects(result.get("rows"));
        assertThat(rows).hasSize(3 * 4 * 6);
        assertThat(rows)
                .allSatisfy(row -> assertThat(row)
                        .containsKeys(
                                "senderExitsPerOp",
                                "receiverExitsPerOp",
                                "exitsExact",
                                "exitsModelled",
                                "ipisAcceptedPerOp",
                                "modelledNsPerOp",
                                "deliveryNsPerOp",
                                "hostNsPerOp",
                                "publishedNsPerOp",
                                "publishedDeliveryNsPerOp",
                                "calibrated",
                                "exitsByReason"));
    }

    @Test
    void aBroadcastIsOneExitPerTargetOrPerClusterOrOne() {
        List<Map<String, Object>> rows = Invocation.objects(
                bench("--scenario", "broadcast", "--json").json().get("rows"));
        for (Map<String, Object> row : rows) {
            boolean perTarget =
                    row.get("mode").equals("vanilla") && !row.get("apic").equals("x2apic-cluster");
            assertThat(row)
                    .containsEntry("senderExitsPerOp", perTarget ? 3 : 1)
                    .containsEntry("ipisAcceptedPerOp", 3)
                    .containsEntry("receiverExitsPerOp", 3)
                    .containsEntry("exitsModelled", 0);
        }
    }

    @Test
    void sameInputsSameTraceOtherwiseAnother() {
        Object hash = bench("--apic", "xapic", "--json").json().get("traceHash");
        assertThat(bench("--apic", "xapic", "--json").json()).containsEntry("traceHash", hash);
        assertThat(bench("--apic", "xapic", "--json", "--seed", "1").json()).doesNotContainEntry("traceHash", hash);
        assertThat(bench("--apic", "xapic", "--json", "--iterations", "21")
                        .json()
                        .get("traceHash"))
                .isNotEqualTo(hash);
    }

    @Test
    void textFitsTheTerminalAndNamesTheModel() {
        Invocation bench = bench();
        assertThat(bench.out().lines()).allMatch(line -> line.length() <= WIDTH);
        assertThat(bench.out())
                .contains(
                        "Self comes out at 0.",
                        "Modelled, scaled to 100,000 iterations",
                        "x2apic physical mode, pv-ipi",
                        "% performance boost");
        assertThat(bench.err()).isEmpty();
        assertThat(bench.status()).isZero();
    }

    @Test
    void aLonelyVcpuLeavesOutWhatNeedsATarget() {
        Map<String, Object> result = Invocation.of(
                        "bench",
                        "ipi",
                        "--vcpus",
                        "1",
                        "--iterations",
                        "5",
                        "--apic",
                        "x2apic-phys",
                        "--mode",
                        "vanilla",
                        "--json")
                .json();
        assertThat(Invocation.objects(result.get("rows")).stream().map(row -> row.get("scenario")))
                .containsExactly("dry-run", "self", "self-ipi");
        assertThat(Invocation.objects(result.get("skipped")))
                .hasSize(3)
                .allMatch(skipped -> skipped.get("reason").equals("no other CPU"));
    }

    @Test
    void aProcessorWithoutX2apicLeavesItOut() {
        Invocation bench = bench("--profile", "avic", "--apic", "x2apic-phys", "--mode", "vanilla");
        assertThat(bench.out()).contains("Left out", "x2apic physical mode, vanilla: x2APIC not offered");
        assertThat(bench.status()).isZero();
    }

    @Test
    void withoutApicvXapicTakesTwoExitsPerTarget() {
        List<Map<String, Object>> rows = Invocation.objects(bench(
                        "--profile",
                        "skylake-no-apicv",
                        "--apic",
                        "xapic",
                        "--mode",
                        "vanilla",
                        "--scenario",
                        "broadcast",
                        "--json")
                .json()
                .get("rows"));
        assertThat(rows).singleElement().satisfies(row -> assertThat(row).containsEntry("senderExitsPerOp", 6));
    }

    @Test
    void thirtyTwoBitCallersReachSixtyFourTargetsACall() {
        List<Map<String, Object>> rows = Invocation.objects(Invocation.of(
                        "bench",
                        "ipi",
                        "--caller",
                        "32",
                        "--vcpus",
                        "66",
                        "--iterations",
                        "2",
                        "--apic",
                        "x2apic-phys",
                        "--mode",
                        "pv-ipi",
                        "--scenario",
                        "broadcast",
                        "--json")
                .json()
                .get("rows"));
        assertThat(rows).singleElement().satisfies(row -> assertThat(row).containsEntry("senderExitsPerOp", 2));
    }

    @Test
    void theReportIsOnePageThatNeedsNothingElse() throws IOException {
        Path page = directory.resolve("report.html");
        Invocation bench = bench("--report", page.toString());
        assertThat(bench.status()).isZero();
        assertThat(Files.readString(page))
                .startsWith("<!doctype html>")
                .contains("One interrupt to 3 processors", "Under the magnifier", "accept-halted")
                .doesNotContain("<script", "http:", "https:", "src=", "href=");
    }

    @Test
    void anInterruptedBenchmarkReportsWhatItHas() {
        Invocation bench = Invocation.interrupted("bench", "ipi", "--vcpus", "2", "--iterations", "5");
        assertThat(bench.status()).isEqualTo(130);
        assertThat(bench.out()).contains("Interrupted");
    }
}
