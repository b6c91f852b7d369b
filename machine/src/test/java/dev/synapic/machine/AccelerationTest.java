// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.LocalApicState;
import dev.synapic.interrupts.hyperv.HypervProcessor;
import dev.synapic.interrupts.hyperv.SyntheticTimersState;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same guest on processors that virtualize its APICs and on one that does not: it sees the same, its interrupt
 * controllers end in the same state, and only the exits differ.
 */
class AccelerationTest {
    /** What a run left: time and exits apart. Who of several processors prints first is a matter of time. */
    private record End(List<String> lines, List<String> state, long exits) {}

    private static End end(String guest, String options, MachineConfig config) {
        try (GuestRun run = GuestRun.of(guest, options, config)) {
            assertThat(run.result().guestStatus()).as("%s", run).isEqualTo(1);
            List<String> state = new ArrayList<>();
            for (Vcpu vcpu : run.machine().vcpus()) {
                state.add(vcpu.index() + " " + vcpu.state());
                state.add(apic(vcpu.apic().save()));
                state.add(hyperv(vcpu.hyperv().save()));
            }
            state.add(run.machine().interrupts().acknowledged() + " taken");
            state.add(run.machine().interrupts().eois() + " ended");
            return new End(
                    run.lines().stream().sorted().toList(), state, run.exits().total());
        }
    }

    /** Absolute times differ with what exits cost. */
    private static String apic(LocalApicState apic) {
        return "%s %x %s %s %s %d %s"
                .formatted(
                        apic.ids(),
                        apic.base(),
                        apic.vectors(),
                        apic.registers(),
                        apic.localVectors(),
                        apic.timer().initialCount(),
                        apic.events());
    }

    private static String hyperv(HypervProcessor.State state) {
        List<Long> timers = state.timers().timers().stream()
                .map(SyntheticTimersState.Timer::config)
                .toList();
        return state.synIc() + " " + timers;
    }

    @ParameterizedTest
    @CsvSource({
        "synic-demo, auto-eoi=off rounds=5, 1",
        "synic-demo, auto-eoi=on rounds=5, 1",
        "synic-demo, auto-eoi=off rounds=5, 2",
        "synic-demo, auto-eoi=on rounds=5, 2",
        "hello-smp, '', 4",
    })
    void guestSeesAndLeavesTheSameWithAndWithoutApicv(String guest, String options, int vcpus) {
        End without = end(guest, options, IpiBench.machine("skylake-no-apicv", vcpus));
        End with = end(guest, options, IpiBench.machine("skylake-apicv", vcpus));

        assertThat(with.lines()).isEqualTo(without.lines());
        assertThat(with.state()).isEqualTo(without.state());
        assertThat(with.exits()).as("exits").isLessThan(without.exits());
    }

    /**
     * AVIC's profile has no x2APIC, so both are held against each other without it. How many exits there are in all is a
     * matter of time where processors wait for each other.
     */
    @ParameterizedTest
    @CsvSource({
        "synic-demo, auto-eoi=off rounds=5, 2",
        "synic-demo, auto-eoi=on rounds=5, 2",
        "hello-smp, '', 4",
    })
    void guestSeesAndLeavesTheSameUnderAvic(String guest, String options, int vcpus) {
        MachineConfig plain = IpiBench.machine("skylake-no-apicv", vcpus);
        End without = end(guest, options, plain.withCpu(plain.cpu().without(CpuFeature.X2APIC)));
        End with = end(guest, options, IpiBench.machine("avic", vcpus));

        assertThat(with.lines()).isEqualTo(without.lines());
        assertThat(with.state()).isEqualTo(without.state());
        assertThat(with.exits()).as("exits").isNotEqualTo(without.exits());
    }

    @ParameterizedTest
    @ValueSource(strings = {"vanilla", "shorthand", "pv-ipi"})
    void benchmarkSendsAndTakesTheSameInterrupts(String mode) {
        String options = "apic=xapic mode=%s iterations=3".formatted(mode);
        List<String> expected = rows("skylake-no-apicv", options);

        assertThat(expected).isNotEmpty();
        assertThat(rows("skylake-apicv", options)).isEqualTo(expected);
        assertThat(rows("avic", options)).isEqualTo(expected);
        assertThat(rows("ipi-virtualization", options)).isEqualTo(expected);
    }

    private static List<String> rows(String profile, String options) {
        IpiBench bench = IpiBench.run(IpiBench.machine(profile, 4), options);
        return bench.rows().stream()
                .map(row -> "%s %d operations, %d sends, %d taken, %d ended"
                        .formatted(
                                row.scenario(),
                                row.operations(),
                                row.sends(),
                                bench.counts(row.scenario()).acknowledged(),
                                bench.counts(row.scenario()).eois()))
                .toList();
    }
}
