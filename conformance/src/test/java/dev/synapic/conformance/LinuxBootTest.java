// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.conformance.DebianGuest.Run;
import dev.synapic.machine.RunResult;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Debian's Linux boots to its userspace with all processors, without a warning, and powers off; and does so twice in the same way. With
 * -Dsynapic.linux.vcpus=80 on that number of processors only (conformance/linux 80).
 */
@Execution(ExecutionMode.CONCURRENT)
class LinuxBootTest {
    private static final String LOOK = """
        dmesg -r | grep -E '^<[0-4]>|stall|lockup|TSC warp|WARNING' | sed 's/^/complaint: /'
        echo "online $(cat /sys/devices/system/cpu/online)"
        echo "present $(cat /sys/devices/system/cpu/present)"
        echo "processors $(grep -c ^processor /proc/cpuinfo)"
        """;

    private static List<Integer> vcpus() {
        Integer chosen = Integer.getInteger("synapic.linux.vcpus");
        return chosen == null ? List.of(1, 2, 8) : List.of(chosen);
    }

    static Stream<Arguments> machines() {
        return Stream.of("debian-6.1", "debian-6.12")
                .flatMap(kernel -> Stream.of("none", "kvm", "hyperv")
                        .flatMap(face -> vcpus().stream().map(n -> Arguments.of(kernel, face, n))));
    }

    static Stream<Arguments> numbersOfVcpus() {
        return vcpus().stream().map(Arguments::of);
    }

    /** Priorities up to 4 are warnings and worse (Linux, include/linux/kern_levels.h). */
    @ParameterizedTest(name = "{0}, {1}, {2} vCPUs")
    @MethodSource("machines")
    void linuxComesUpWithAllProcessorsAndWithoutAWarning(String kernel, String face, int vcpus) {
        Run run = DebianGuest.named(kernel).run(DebianGuest.machine(face, vcpus), LOOK);
        String last = vcpus == 1 ? "0" : "0-" + (vcpus - 1);
        assertThat(run.output())
                .as(run.console())
                .isEqualTo("online %s\npresent %s\nprocessors %d\n".formatted(last, last, vcpus));
        assertThat(run.status()).hasValue(0);
        assertThat(run.result().outcome()).as(run.result().reason()).isEqualTo(RunResult.Outcome.POWER_OFF);
    }

    @ParameterizedTest
    @MethodSource("numbersOfVcpus")
    void twoRunsWithTheSameSeedAreTheSame(int vcpus) {
        DebianGuest guest = DebianGuest.named("debian");
        Run first = guest.run(DebianGuest.machine("kvm", vcpus).withSeed(7), "cat /proc/uptime");
        Run second = guest.run(DebianGuest.machine("kvm", vcpus).withSeed(7), "cat /proc/uptime");
        assertThat(first.status()).hasValue(0);
        assertThat(second.traceHash()).isEqualTo(first.traceHash());
        assertThat(second.output()).isEqualTo(first.output());
        assertThat(second.console()).isEqualTo(first.console());
    }

    /** POSIX shell, 2.8.2: more than 128 for a command that a signal ended. */
    @Test
    void aCommandsStatusIsTold() {
        Run run =
                DebianGuest.named("debian").run(DebianGuest.machine("kvm", 1), "echo on; echo err >&2; kill -KILL $$");
        assertThat(run.output()).isEqualTo("on\nerr\n");
        assertThat(run.status()).hasValue(128 + 9);
    }

    @Test
    void aCommandThatPowersOffItselfHasNoStatus() {
        Run run = DebianGuest.named("debian").run(DebianGuest.machine("kvm", 1), "echo bye; poweroff -f");
        assertThat(run.status()).isEmpty();
        assertThat(run.result().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
    }
}
