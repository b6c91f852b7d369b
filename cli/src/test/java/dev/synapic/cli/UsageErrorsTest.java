// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.guests.GuestImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Wrong usage or input: one line on standard error that names the fix, status 2, nothing written. */
class UsageErrorsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        runn                                          | synapic: unknown command 'runn'; nearest is 'run'; see synapic --help
        bench                                         | synapic bench: missing benchmark; there are: ipi, linux-ipi; see synapic bench --help
        run                                           | synapic: nothing to run: -kernel FILE or --guest NAME is missing
        run -kernel x --guest hello-smp               | synapic: -kernel and --guest exclude each other
        oracle --max-line 100                         | synapic: --max-line 100: from 1K to 64M
        oracle --max-line 5X                          | synapic: --max-line 5X: expected something like 64M or 1G
        oracle requests.jsonl                         | synapic oracle: unknown argument 'requests.jsonl'; see synapic oracle --help
        run --kernal x                                | synapic run: unknown option '--kernal'; nearest is '-kernel'; see synapic run --help
        run -smp                                      | synapic run: missing required parameter for option '-smp' (N,cores=C); see synapic run --help
        run --guest hello-smp -smp x                  | synapic: -smp x: cpus is a number from 1 to 1024
        run --guest hello-smp -smp 0                  | synapic: -smp 0: cpus is a number from 1 to 1024
        run --guest hello-smp -smp 100000             | synapic: -smp 100000: cpus is a number from 1 to 1024
        run --guest hello-smp -cpu max,+x2apix        | synapic: unknown -cpu flag 'x2apix'; nearest is 'x2apic'
        run --guest hello-smp -cpu mux                | synapic: unknown -cpu model 'mux'; nearest is 'max'
        run --guest hello-smp -m 1X                   | synapic: -m 1X: expected something like 64M or 1G
        run --guest hello-smp -m 1                    | synapic: -m: memory is a whole number of MiB from 2M to 8G
        run --guest hello-smp --profile sky           | synapic: unknown profile 'sky'; there are: skylake-apicv, skylake-no-apicv, ipi-virtualization, avic
        run --guest hello-smp --hypervisor xen        | synapic: unknown hypervisor 'xen'; there are: none, kvm, hyperv, all
        run --guest hello-smp --apicv-policy never    | synapic: --apicv-policy never: auto-eoi or activation
        run --guest hello-smp --max-virtual-time 5    | synapic: --max-virtual-time 5: a time needs its unit, such as 5s or 5ms
        run --guest hello-smp --shutdown-after 1s     | synapic: --shutdown-after: the guest is asked through VMBus, which it finds with --hypervisor hyperv or -device vmbus-bridge
        run --guest hello-smp --hypervisor hyperv --no-vmbus --shutdown-after 1s | synapic: --shutdown-after: the guest is asked through VMBus, which it finds with --hypervisor hyperv or -device vmbus-bridge
        run --guest hello-smp --hypervisor kvm -device vmbus-bridge | synapic: -device vmbus-bridge: needs the CPU flag hv-synic: add hv-vpindex,hv-synic to -cpu
        run --guest hello-smp --lookahead-ns 0        | synapic: --lookahead-ns 0: from 1 to 1000000000
        run --guest hello                             | synapic: --guest hello: there are hello-smp, ipi-bench, ipi-bench-twice, ipi-bench32, synic-demo, lost-ipi-halt
        bench ipi --vcpus 0                           | synapic: --vcpus 0: from 1 to 1024
        bench ipi --vcpus 1025                        | synapic: --vcpus 1025: from 1 to 1024
        bench ipi --iterations 0                      | synapic: --iterations 0: at least 1
        bench ipi --caller 16                         | synapic: --caller 16: 64 or 32
        bench ipi --apic x2apic                       | synapic: --apic x2apic: there are xapic, x2apic-phys, x2apic-cluster
        bench ipi --mode vanilla,pv                   | synapic: --mode pv: there are vanilla, shorthand, pv-ipi, hv-ipi
        bench ipi --scenario all                      | synapic: --scenario all: there are dry-run, self, self-ipi, normal, broadcast, broadcast-lock
        bench ipi --report /nowhere/at/all.html       | synapic: --report /nowhere/at/all.html: there is no directory /nowhere/at
        bench linux-ipi --vcpus 0                     | synapic: --vcpus 0: from 1 to 1024
        bench linux-ipi --iterations 0                | synapic: --iterations 0: at least 1
        bench linux-ipi --apic xapic                  | synapic: --apic xapic: there are x2apic-phys, x2apic-cluster
        bench linux-ipi --mode shorthand              | synapic: --mode shorthand: there are vanilla, pv-ipi, hv-ipi
        bench linux-ipi --shorthand maybe             | synapic: --shorthand maybe: on, off or both
        bench linux-ipi --variant kunit               | synapic: --variant kunit: there are module, membarrier
        bench ipi more                                | synapic bench ipi: unknown argument 'more'; see synapic bench ipi --help
        """)
    void oneLineThatNamesTheFix(String commandLine, String message) {
        assertRefused(message, commandLine.split(" +"));
    }

    @Test
    void aKernelThatIsNotThere() {
        Path missing = directory.resolve("missing.elf");
        assertKernelRefused(missing, ": no such file");
    }

    @Test
    void aDirectoryForAKernel() {
        assertKernelRefused(directory, ": is a directory, not a kernel");
    }

    @Test
    void anEmptyKernel() throws IOException {
        assertKernelRefused(Files.createFile(directory.resolve("empty.elf")), ": is empty");
    }

    @Test
    void aFileThatIsNoMultibootKernel() throws IOException {
        Path text = Files.writeString(directory.resolve("notes.txt"), "no kernel\n".repeat(100));
        Invocation run = runKernel(text);
        assertThat(run.errLines())
                .singleElement()
                .asString()
                .contains(text.toString(), "neither a Linux bzImage nor a Multiboot kernel");
    }

    @Test
    void aTruncatedKernel() throws IOException {
        byte[] whole = helloSmp();
        Path half = Files.write(directory.resolve("half.elf"), Arrays.copyOf(whole, whole.length / 2));
        Invocation run = runKernel(half);
        assertThat(run.errLines()).singleElement().asString().contains(half.toString(), "truncated");
    }

    @Test
    void aKernelThatNeedsMoreMemory() throws IOException {
        byte[] image = helloSmp();
        int firstProgramHeader = image[28] & 0xFF;
        image[firstProgramHeader + 15] = 0x70;
        Path far = Files.write(directory.resolve("far.elf"), image);
        Invocation run = runKernel(far);
        assertThat(run.errLines()).singleElement().asString().contains("outside RAM of 64 MiB");
    }

    @Test
    void noFileIsCreatedForARunThatNeverStarts() throws IOException {
        Path trace = directory.resolve("trace.txt");
        Path page = directory.resolve("report.html");
        Path text = Files.writeString(directory.resolve("notes.txt"), "no kernel");

        assertThat(Invocation.of("run", "-kernel", text.toString(), "--trace", trace.toString())
                        .status())
                .isEqualTo(2);
        assertThat(Invocation.of("run", "--guest", "hello-smp", "-smp", "0", "--trace", trace.toString())
                        .status())
                .isEqualTo(2);
        assertThat(Invocation.of("bench", "ipi", "--apic", "pic", "--report", page.toString())
                        .status())
                .isEqualTo(2);

        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).containsExactly(text);
        }
    }

    private static byte[] helloSmp() throws IOException {
        try (InputStream in = GuestImage.class.getResourceAsStream("hello-smp.elf")) {
            return Objects.requireNonNull(in).readAllBytes();
        }
    }

    private static Invocation runKernel(Path kernel) {
        Invocation run = Invocation.of("run", "-kernel", kernel.toString());
        assertThat(run.status()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        return run;
    }

    private static void assertKernelRefused(Path kernel, String why) {
        assertRefused("synapic: -kernel " + kernel + why, "run", "-kernel", kernel.toString());
    }

    private static void assertRefused(String message, String... args) {
        Invocation invocation = Invocation.of(args);
        assertThat(invocation.errLines()).containsExactly(message);
        assertThat(invocation.out()).isEmpty();
        assertThat(invocation.status()).isEqualTo(2);
    }
}
