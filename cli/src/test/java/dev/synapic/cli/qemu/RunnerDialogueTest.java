// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What kvm-unit-tests' scripts ask before they run a test (scripts/arch-run.bash, x86/run, scripts/vmm.bash), and how they read it. */
class RunnerDialogueTest {
    @ParameterizedTest
    @ValueSource(strings = {"-h", "-help", "--help"})
    void helpNamesQemuAndItsVersionInTheFirstLine(String option) {
        QemuRun help = QemuRun.of(option);
        assertThat(help.out().lines().findFirst())
                .get()
                .asString()
                .matches("QEMU emulator version \\d+\\.\\d+\\.\\d+ \\(Synapic 1\\.2\\.3\\)");
        assertThat(help.out()).contains("-kernel file", "-accel kvm and -accel tcg both mean it");
        assertThat(help.err()).isEmpty();
        assertThat(help.status()).isZero();
    }

    @Test
    void helpHasALineForEveryOption() {
        String help = QemuRun.of("-help").out();
        for (QemuOption option : QemuOption.values()) {
            assertThat(help).contains("\n" + option.synopsis(), option.help());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "help"})
    void devicesAreListedInQemusForm(String question) {
        QemuRun list = QemuRun.of("-device", question);
        assertThat(list.out())
                .contains("name \"pc-testdev\", bus ISA\n")
                .contains("name \"pci-testdev\", bus PCI, desc \"PCI Test Device\"\n")
                .contains("name \"isa-debug-exit\", bus ISA\n")
                .contains("name \"hyperv-testdev\", bus ISA\n")
                .contains("name \"edu\", bus PCI\n")
                .contains("name \"intel-iommu\", bus System");
        assertThat(list.status()).isZero();
    }

    @Test
    void acceleratorsMachinesAndProcessorsAreListed() {
        assertThat(QemuRun.of("-accel", "help").out().lines()).contains("tcg", "kvm");
        assertThat(QemuRun.of("-M", "?").out()).contains("\npc ", "\nq35 ");
        assertThat(QemuRun.of("-cpu", "?").out())
                .contains("x86 qemu64\n", "x86 Opteron_G1\n", " x2apic ", " hv-synic ");
        assertThat(QemuRun.of("-version").out())
                .startsWith("QEMU emulator version 7.2.0 ")
                .hasLineCount(1);
    }

    /** By this sentence, and only by it, the runner knows that QEMU would have run the test. */
    @Test
    void aMissingKernelIsReportedInQemusWords() {
        QemuRun run = QemuRun.byRunner("_NO_FILE_4Uhere_", "-smp", "1");
        assertThat(run.err())
                .isEqualTo("qemu: could not open kernel file '_NO_FILE_4Uhere_': No such file or directory\n");
        assertThat(run.out()).isEmpty();
        assertThat(run.status()).isEqualTo(1);
    }

    /** Otherwise a test would be run that the machine cannot do; the runner prints this line as the reason to skip it. */
    @Test
    void whatTheMachineHasNotIsReportedBeforeTheKernelIsLookedFor() {
        QemuRun run = QemuRun.byRunner("_NO_FILE_4Uhere_", "-cpu", "max,+vmx");
        assertThat(run.err()).contains("'vmx' is not available").doesNotContain("kernel");
    }

    /** Of unittests.cfg, all that interrupt tests have; each word of a test that is not there would be refused. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-cpu qemu64,+x2apic,+tsc-deadline",
                "-cpu qemu64,-x2apic,+tsc-deadline",
                "-cpu qemu64,+x2apic",
                "-machine pit=off",
                "-cpu max",
                "-cpu max,host-phys-bits",
                "-cpu max,vendor=GenuineIntel",
                "-cpu qemu64,vendor=GenuineIntel",
                "-cpu host,migratable=no",
                "-cpu Opteron_G1,vendor=AuthenticAMD",
                "-cpu qemu64,+pcid,+invpcid",
                "-cpu qemu64,-pcid,+invpcid",
                "-cpu qemu64,+umip",
                "-cpu host,hv_passthrough -device hyperv-testdev",
                "-M q35,kernel-irqchip=split -device intel-iommu,intremap=on,eim=off -device edu",
                "-enable-kvm -m 2048 -cpu host",
            })
    void theParametersOfItsTestsAreUnderstood(String parameters) {
        assertThat(QemuRun.byRunner("_NO_FILE_4Uhere_", parameters.split(" ")).err())
                .isEqualTo("qemu: could not open kernel file '_NO_FILE_4Uhere_': No such file or directory\n");
    }
}
