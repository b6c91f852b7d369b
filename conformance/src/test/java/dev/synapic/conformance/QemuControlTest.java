// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The control that our guests are honest: the same images, unchanged, on somebody else's machine. QEMU's own CPU emulation (TCG) has
 * no x2APIC before 9.0 and no paravirtual IPIs; what it has must come out as here, but for the times.
 */
class QemuControlTest {
    private static final String QEMU = "qemu-system-x86_64";
    private static final int VCPUS = 4;

    /** What a guest printed, and how it ended. */
    private record Run(List<String> lines, int status) {
        static Run of(String output, int status) {
            return new Run(output.lines().map(String::stripTrailing).toList(), status);
        }

        /** Its rows without what a clock says. */
        List<String> rows() {
            return lines.stream()
                    .filter(line -> line.startsWith("row "))
                    .map(line -> line.replaceAll("(delivery|total)_ticks=\\d+", "$1_ticks"))
                    .toList();
        }
    }

    @BeforeEach
    void needsQemu() {
        HostTool.assumeInstalled(QEMU);
    }

    private static Path image(String guest) {
        return HostTool.root().resolve("guests/images/" + guest + ".elf");
    }

    private static Run onQemu(String guest, String commandLine) {
        List<String> command = new ArrayList<>(List.of(QEMU, "-accel", "tcg", "-nodefaults", "-display", "none"));
        command.addAll(List.of("-serial", "stdio", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4"));
        command.addAll(List.of(
                "-m",
                "64",
                "-smp",
                String.valueOf(VCPUS),
                "-kernel",
                image(guest).toString()));
        command.addAll(List.of("-append", commandLine));
        HostTool.Result result = HostTool.run(HostTool.root(), command);
        return Run.of(result.output(), result.status());
    }

    private static Run onSynapic(String guest, String commandLine) throws IOException {
        StringBuilder console = new StringBuilder();
        MachineConfig config = MachineConfig.standard().withVcpus(VCPUS).withConsole(b -> console.append((char) b));
        try (Machine machine = new Machine(config)) {
            machine.loadMultiboot(guest, Files.readAllBytes(image(guest)), commandLine);
            int status = machine.run().guestStatus();
            return Run.of(console.toString(), status);
        }
    }

    /** CPUs arrive in any order; each is there once. */
    @Test
    void helloSmpFindsTheSameCpus() throws IOException {
        Run qemu = onQemu("hello-smp", "");
        Run synapic = onSynapic("hello-smp", "");

        assertThat(synapic.status()).isEqualTo(1);
        assertThat(qemu.status()).as("%s", qemu).isEqualTo(synapic.status());
        assertThat(apicIds(qemu)).isEqualTo(apicIds(synapic)).hasSize(VCPUS);
        assertThat(qemu.lines()).last().isEqualTo("hello-smp: 4 cpus");
        assertThat(synapic.lines()).last().isEqualTo("hello-smp: 4 cpus");
    }

    private static List<String> apicIds(Run run) {
        return run.lines().stream()
                .filter(line -> line.startsWith("cpu "))
                .map(line -> line.replaceFirst("cpu \\d+ ", ""))
                .sorted()
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "ipi-bench, vanilla, 3",
        "ipi-bench, shorthand, 1",
        "ipi-bench-twice, vanilla, 6",
        "ipi-bench32, vanilla, 3",
        "ipi-bench32, shorthand, 1",
    })
    void ipiBenchPrintsTheSameRowsWithTheSameSends(String guest, String mode, int sends) throws IOException {
        String options = "apic=xapic mode=" + mode + " iterations=100";
        Run qemu = onQemu(guest, options);
        Run synapic = onSynapic(guest, options);

        assertThat(synapic.status()).isEqualTo(1);
        assertThat(qemu.status()).as("%s", qemu).isEqualTo(synapic.status());
        assertThat(qemu.rows()).isEqualTo(synapic.rows()).hasSize(6);
        assertThat(qemu.rows())
                .filteredOn(row -> row.contains("scenario=broadcast"))
                .hasSize(2)
                .allSatisfy(row -> assertThat(row).endsWith(" sends=" + sends));
    }

    /** A guest that asks for what a machine lacks says so and ends well, there as here. */
    @ParameterizedTest
    @ValueSource(strings = {"pv-ipi", "hv-ipi"})
    void onQemuAGuestSkipsTheHypercallsThatAreNotOffered(String mode) {
        Run qemu = onQemu("ipi-bench", "apic=xapic mode=" + mode + " iterations=1");

        assertThat(qemu.status()).isEqualTo(1);
        assertThat(qemu.rows()).isEmpty();
        assertThat(qemu.lines())
                .anyMatch(line -> line.startsWith("skip apic=xapic mode=" + mode + " scenario=all reason="));
    }
}
