// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.qemu.TinyKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {
    private static final int GUEST_OK = 1;

    @TempDir
    private Path directory;

    @Test
    void theSerialPortIsStandardOutputAndTheStatusIsTheGuests() {
        Invocation run = Invocation.of("run", "--guest", "hello-smp", "-smp", "3");
        assertThat(run.out()).contains("cpu 2 apic 2\n").endsWith("hello-smp: 3 cpus\n");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isEqualTo(GUEST_OK);
    }

    @Test
    void exitsHaveTheColumnsOfPerfKvmStat() {
        Invocation run = Invocation.of("run", "--guest", "hello-smp", "-smp", "2", "--exits");
        assertThat(run.out())
                .containsPattern("VM-EXIT +Samples +Samples% +Time% +Min Time +Max Time +Avg time +Count +What\n")
                .containsPattern("IO_INSTRUCTION +\\d+ .* exact +COM1 ")
                .containsPattern("PAUSE_INSTRUCTION .* modelled ")
                .doesNotContain("vcpu 1\n");
    }

    @Test
    void exitsOfEachVcpuOnRequest() {
        Invocation run = Invocation.of("run", "--guest", "hello-smp", "-smp", "2", "--per-vcpu");
        assertThat(run.out()).contains("\nvcpu 0\n", "\nvcpu 1\n");
    }

    @Test
    void jsonHasStandardOutputToItself() {
        Invocation run = Invocation.of("run", "--guest", "hello-smp", "-smp", "2", "-m", "32M", "--json");
        Map<String, Object> result = run.json();
        assertThat(result)
                .containsEntry("schema", "synapic.run/1")
                .containsEntry("outcome", "guest-exit")
                .containsEntry("guestStatus", GUEST_OK)
                .containsEntry("vcpus", 2)
                .containsEntry("memoryBytes", 32 << 20)
                .containsEntry("unknownInstructions", Map.of())
                .containsEntry("apicvInhibitReasonsSeen", List.of());
        assertThat(result.get("traceHash")).asString().matches("0x[0-9a-f]{16}");
        assertThat(result.get("console")).asString().endsWith("hello-smp: 2 cpus\n");
        assertThat(run.err()).endsWith("hello-smp: 2 cpus\n");
    }

    /** A guest that knows nothing of VMBus is offered it and leaves it alone; with KVM's face too there is none. */
    @Test
    void vmbusComesWithHypervsInterfaceAlone() {
        Map<String, Object> result = Invocation.of("run", "--guest", "hello-smp", "--hypervisor", "hyperv", "--json")
                .json();
        Map<?, ?> vmbus = (Map<?, ?>) result.get("vmbus");
        assertThat(vmbus.get("version")).isNull();
        assertThat(vmbus.get("shutdown")).isEqualTo("not-asked");
        assertThat(Invocation.objects(vmbus.get("channels")))
                .extracting(channel -> channel.get("device"))
                .contains("heartbeat", "timesync", "shutdown", "kvp");
        assertThat(Invocation.of("run", "--guest", "hello-smp", "--json").json().get("vmbus"))
                .isNull();
    }

    @Test
    void exitsOfAllVcpusAddUp() {
        Map<String, Object> result = Invocation.of("run", "--guest", "hello-smp", "-smp", "3", "--json")
                .json();
        long sum = Invocation.objects(result.get("perVcpu")).stream()
                .flatMap(vcpu -> ((Map<?, ?>) vcpu.get("exits")).values().stream())
                .mapToLong(count -> ((Number) count).longValue())
                .sum();
        assertThat(result).containsEntry("exitsTotal", (int) sum);
    }

    @Test
    void theTraceHasALineForEachExit() throws IOException {
        Path trace = directory.resolve("trace.txt");
        Invocation run =
                Invocation.of("run", "--guest", "hello-smp", "-smp", "2", "--trace", trace.toString(), "--json");
        List<String> lines = Files.readAllLines(trace);
        assertThat(lines).hasSize((Integer) run.json().get("traceEvents"));
        assertThat(lines).allMatch(line -> line.matches(" *\\S+-\\d+ \\[\\d{3}] \\d+\\.\\d{9}: [a-z_]+: .*"));
        assertThat(lines.stream().filter(line -> line.contains(": kvm_exit: ")))
                .hasSize((Integer) run.json().get("exitsTotal"));
    }

    @Test
    void aDeadlockShowsWhatIsPendingAndWhatBlocksIt() {
        Invocation run = Invocation.of("run", "--guest", "lost-ipi-halt", "-smp", "6");
        assertThat(run.status()).isEqualTo(4);
        assertThat(run.errLines().getFirst()).isEqualTo("synapic: deadlock: nothing can wake any vCPU");
        assertThat(run.err()).contains("0x41 pending, sent from vcpu 0", "blocked by: IF=0", "blocked by: TPR class");
    }

    @Test
    void theLimitOfVirtualTimeEndsTheRun() {
        Invocation run = Invocation.of("run", "--guest", "hello-smp", "-smp", "2", "--max-virtual-time", "100us");
        assertThat(run.status()).isEqualTo(124);
        assertThat(run.errLines()).containsExactly("synapic: the virtual-time limit is reached");
    }

    @Test
    void anInterruptedRunStillReports() {
        Invocation run = Invocation.interrupted("run", "--guest", "hello-smp", "--exits");
        assertThat(run.status()).isEqualTo(130);
        assertThat(run.out()).contains("VM-EXIT");
        assertThat(run.errLines()).containsExactly("synapic: interrupted");
    }

    @Test
    void theReportNamesWhyApicvWasInhibited() {
        Invocation run = Invocation.of("run", "--guest", "synic-demo", "-smp", "2", "-append", "auto-eoi=on");
        assertThat(run.out()).contains("synapic: APICv was inhibited: HYPERV");
        assertThat(run.status()).isEqualTo(GUEST_OK);
    }

    @Test
    void withoutAnAutoEoiSintApicvStays() {
        Invocation run = Invocation.of("run", "--guest", "synic-demo", "-smp", "2", "-append", "auto-eoi=off");
        assertThat(run.out()).doesNotContain("inhibited");
        assertThat(run.status()).isEqualTo(GUEST_OK);
    }

    @Test
    void byTheFirstPolicySynicActivationAloneInhibitsApicv() {
        Invocation run = Invocation.of(
                "run", "--guest", "synic-demo", "-smp", "2", "-append", "auto-eoi=off", "--apicv-policy", "activation");
        assertThat(run.out()).contains("synapic: APICv was inhibited: HYPERV");
    }

    /** hello-smp is linked at 1 MiB. */
    private String symbols(String... lines) throws IOException {
        return Files.write(directory.resolve("symbols.txt"), List.of(lines)).toString();
    }

    @Test
    void exitsBySymbolsNameTheGuestsFunctions() throws IOException {
        String map = symbols("0000000000100000 T whole_guest [hello]", "0000000000200000 D end");
        Invocation run = Invocation.of("run", "--guest", "hello-smp", "-smp", "2", "--symbols", map);
        assertThat(run.out())
                .containsPattern("VM-EXIT +Samples +Samples% +Function +Called from\n")
                .containsPattern("IO_INSTRUCTION +\\d+ +[0-9.]+% +whole_guest \\[hello]");
    }

    @Test
    void exitsBySymbolsAddUpToTheExitsInJson() throws IOException {
        String map = symbols("0000000000100000 T whole_guest [hello]", "0000000000200000 D end");
        Map<String, Object> result = Invocation.of(
                        "run", "--guest", "hello-smp", "-smp", "2", "--exits=symbols", "--symbols", map, "--json")
                .json();
        Map<?, ?> bySymbol = (Map<?, ?>) result.get("exitSymbols");
        Map<?, ?> exits = (Map<?, ?>) result.get("exits");
        assertThat(bySymbol.keySet()).isEqualTo(exits.keySet());
        bySymbol.forEach((reason, functions) -> assertThat(Invocation.objects(functions).stream()
                        .mapToLong(row -> ((Number) row.get("samples")).longValue())
                        .sum())
                .as("%s", reason)
                .isEqualTo(((Number) ((Map<?, ?>) exits.get(reason)).get("samples")).longValue()));
        assertThat(Invocation.objects(bySymbol.get("IO_INSTRUCTION")))
                .allSatisfy(row -> assertThat(row).containsEntry("module", "hello"));
    }

    @Test
    void recordingPlacesChangesNothingInTheRun() {
        String plain = (String) Invocation.of("run", "--guest", "hello-smp", "-smp", "3", "--json")
                .json()
                .get("traceHash");
        String recorded =
                (String) Invocation.of("run", "--guest", "hello-smp", "-smp", "3", "--exits=symbols", "--json")
                        .json()
                        .get("traceHash");
        assertThat(recorded).isEqualTo(plain);
    }

    @Test
    void aGuestWithoutSymbolsIsToldOf() {
        Invocation run = Invocation.of("run", "--guest", "hello-smp", "--exits=symbols");
        assertThat(run.out())
                .contains("no symbols of the guest are known")
                .containsPattern("IO_INSTRUCTION +\\d+ +[0-9.]+% +0x10[0-9a-f]{4}");
    }

    @Test
    void wrongOptionsForExitsAndClockAreRefused() throws IOException {
        assertThat(Invocation.of("run", "--guest", "hello-smp", "--exits=perf").errLines())
                .containsExactly("synapic: --exits=perf: alone, or with =symbols");
        assertThat(Invocation.of("run", "--guest", "hello-smp", "--clock", "wall")
                        .errLines())
                .containsExactly("synapic: --clock wall: virtual or real");
        String map = symbols("hello");
        assertThat(Invocation.of("run", "--guest", "hello-smp", "--symbols", map)
                        .errLines())
                .containsExactly("synapic: --symbols " + map + ": line 1 is not 'ADDRESS TYPE NAME'");
        Invocation missing = Invocation.of("run", "--guest", "hello-smp", "--symbols", "/nowhere/map");
        assertThat(missing.errLines()).containsExactly("synapic: --symbols /nowhere/map: no such file");
        assertThat(missing.status()).isEqualTo(2);
    }

    /** 16550: a guest that polls LSR for a byte, sends it back, and ends the run at a dot. */
    private static final String ECHO = """
        66 BA FD 03 ; 100010: mov dx, 3fdh
        EC          ; 100014: in al, dx
        A8 01       ; 100015: test al, 1
        74 FB       ; 100017: jz 100014h
        66 BA F8 03 ; 100019: mov dx, 3f8h
        EC          ; 10001d: in al, dx
        EE          ; 10001e: out dx, al
        3C 2E       ; 10001f: cmp al, '.'
        75 ED       ; 100021: jne 100010h
        E6 F4       ; 100023: out f4h, al
        """;

    @Test
    void standardInputIsTheGuestsSerialPort() throws IOException {
        String kernel = TinyKernel.write(directory, ECHO);
        for (String clock : List.of("virtual", "real")) {
            Invocation run = Invocation.typing("hello.", "run", "-kernel", kernel, "--clock", clock);
            assertThat(run.out()).as(clock).isEqualTo("hello.\n");
            assertThat(run.status()).isEqualTo('.' << 1 & 0xFF | 1);
        }
    }
}
