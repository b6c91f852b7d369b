// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.machine.trace.TraceEvent.KVM_ACK_IRQ;
import static dev.synapic.machine.trace.TraceEvent.KVM_APICV_INHIBIT_CHANGED;
import static dev.synapic.machine.trace.TraceEvent.KVM_APIC_ACCEPT_IRQ;
import static dev.synapic.machine.trace.TraceEvent.KVM_EOI;
import static dev.synapic.machine.trace.TraceEvent.KVM_EXIT;
import static dev.synapic.machine.trace.TraceEvent.KVM_HV_NOTIFY_ACKED_SINT;
import static dev.synapic.machine.trace.TraceEvent.KVM_HV_SYNIC_SET_IRQ;
import static dev.synapic.machine.trace.TraceEvent.KVM_HV_SYNIC_SET_MSR;
import static dev.synapic.machine.trace.TraceEvent.KVM_INJ_VIRQ;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.machine.RecordedTrace.Event;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.x86.ApicRegister;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Both halves of the SynIC: the guest checks its own by reading its pages and registers, and says so line by line; the trace shows the
 * VMM's half. SINTs, vectors and steps are those of guests/synic-demo/synic-demo.c.
 */
class SynicDemoTest {
    private static final int ROUNDS = 5;
    private static final int SINT_MAIN = 2;
    private static final int SINT_AUTO = 3;
    private static final int VECTOR_WAKE = 0x61;
    private static final int VECTOR_AUTO = 0x63;
    private static final long BY_EOI = 0;
    private static final long BY_EOM = 1;

    private static MachineConfig machine(String profile, int vcpus) {
        return IpiBench.machine(profile, vcpus);
    }

    private record Demo(
            RecordedTrace trace, List<String> lines, List<String> inhibitedBy, List<String> inhibitedAtEnd) {
        /** EOIs that left the guest for a reason. */
        long eoiExits(ExitReason reason) {
            return trace.count(event ->
                    event.kind() == KVM_EXIT && event.a() == reason.ordinal() && event.b() == ApicRegister.EOI);
        }
    }

    private static Demo demo(MachineConfig config, String autoEoi) {
        RecordedTrace trace = new RecordedTrace();
        String options = "auto-eoi=%s rounds=%d".formatted(autoEoi, ROUNDS);
        try (GuestRun run = GuestRun.of("synic-demo", options, config.withTrace(trace))) {
            assertThat(run.result().guestStatus()).as("%s", run).isEqualTo(1);
            return new Demo(
                    trace,
                    run.lines(),
                    run.machine().apicvInhibitReasonsSeen(),
                    run.machine().apicvInhibitReasons());
        }
    }

    /** TLFS 11 (messages, event flags, SINTs) and KVM's documentation of irqfd's resampler; each line is a rule. */
    @ParameterizedTest
    @CsvSource({
        "skylake-apicv,    1, on,  16",
        "skylake-apicv,    1, off, 13",
        "skylake-apicv,    2, on,  19",
        "skylake-apicv,    2, off, 16",
        "skylake-no-apicv, 2, on,  19",
        "skylake-no-apicv, 2, off, 16",
        "avic,             2, on,  19",
        "avic,             2, off, 16",
        "skylake-apicv,    80, on, 19",
    })
    void everyRuleHolds(String profile, int vcpus, String autoEoi, int rules) {
        List<String> lines = demo(machine(profile, vcpus), autoEoi).lines();

        assertThat(lines).filteredOn(line -> line.startsWith("ok ")).hasSize(rules);
        assertThat(lines).noneMatch(line -> line.startsWith("fail"));
        assertThat(lines).last().isEqualTo("synic-demo: " + rules + " ok, 0 failed");
    }

    @Test
    void whatIsNotOfferedIsSkippedWithTheReason() {
        MachineConfig config = machine("skylake-apicv", 1);

        assertThat(demo(config.withCpu(CpuModel.max("kvm")), "on").lines())
                .containsExactly("skip synic-demo reason=Hyper-V interface not offered");
        assertThat(demo(config.withCpu(CpuModel.parse("max,-hv-synic,-hv-stimer,-hv-stimer-direct", "hyperv")), "on")
                        .lines())
                .containsExactly("skip synic-demo reason=Hyper-V SynIC or VP index not offered");
    }

    /**
     * APICv cannot take an interrupt without setting its ISR bit, so an auto-EOI SINT switches it off: then the EOIs of ordinary
     * interrupts exit, too (the founding document of the SynIC; Linux since 5.15 only while such a SINT is live).
     */
    @Test
    void withAutoEoiOrdinaryEoisExitAndTheReasonIsNamed() {
        Demo demo = demo(machine("skylake-apicv", 1), "on");

        assertThat(demo.inhibitedBy()).containsExactly("HYPERV");
        assertThat(demo.eoiExits(ExitReason.APIC_ACCESS))
                .as("in each round the EOI of the SINT and of the self-IPI")
                .isGreaterThanOrEqualTo(2 * ROUNDS);
        assertThat(eoisThatExit(demo, VECTOR_WAKE)).isEqualTo(ROUNDS);
    }

    /** Without one APICv stays on, and only EOIs of SINT vectors exit, by the EOI-exit bitmap (SDM vol. 3C, 30.1.4). */
    @Test
    void withoutAutoEoiOnlyEoisOfSintsExit() {
        Demo demo = demo(machine("skylake-apicv", 1), "off");

        assertThat(demo.inhibitedBy()).isEmpty();
        assertThat(demo.eoiExits(ExitReason.APIC_ACCESS)).isZero();
        assertThat(demo.eoiExits(ExitReason.EOI_INDUCED)).isGreaterThanOrEqualTo(ROUNDS);
        assertThat(demo.trace().count(event -> event.kind() == KVM_EOI && event.a() == VECTOR_WAKE))
                .isEqualTo(ROUNDS);
        assertThat(eoisThatExit(demo, VECTOR_WAKE)).isZero();
    }

    /** EOIs of a vector that happened within an exit. */
    private static long eoisThatExit(Demo demo, int vector) {
        Event previous = null;
        long exits = 0;
        for (Event event : demo.trace().events()) {
            if (event.kind() == KVM_EOI && event.a() == vector && previous != null && previous.kind() == KVM_EXIT) {
                exits++;
            }
            previous = event;
        }
        return exits;
    }

    /** Linux commit 0f250a646382 ("KVM: x86: hyper-v: Deactivate APICv only when AutoEOI feature is in use"). */
    @Test
    void apicvComesBackWhenTheLastAutoEoiSintIsMasked() {
        Demo demo = demo(machine("skylake-apicv", 1), "on");

        assertThat(demo.trace().events(KVM_APICV_INHIBIT_CHANGED))
                .extracting(Event::b)
                .containsExactly(1L, 0L);
        assertThat(demo.inhibitedAtEnd()).isEmpty();
    }

    /** The founding document's original rule: a SynIC that is activated keeps APICv off, whatever its SINTs are. */
    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void thePolicyActivationInhibitsApicvFromActivationOn(String autoEoi) {
        MachineConfig config = machine("skylake-apicv", 1).withApicvPolicy(SynIcApicvPolicy.Rule.ACTIVATION);
        Demo demo = demo(config, autoEoi);

        assertThat(demo.inhibitedBy()).containsExactly("HYPERV");
        assertThat(demo.inhibitedAtEnd()).containsExactly("HYPERV");
        assertThat(demo.eoiExits(ExitReason.EOI_INDUCED)).isZero();
        assertThat(demo.eoiExits(ExitReason.APIC_ACCESS)).isEqualTo(demo.trace().count(KVM_EOI));
        assertThat(eoisThatExit(demo, VECTOR_WAKE)).isEqualTo(ROUNDS);
    }

    @Test
    void aProcessorWithoutApicvHasItDisabledFromTheBeginning() {
        assertThat(demo(machine("skylake-no-apicv", 1), "off").inhibitedBy()).containsExactly("DISABLED");
    }

    /** TLFS 11.8: an auto-EOI interrupt is taken without an ISR bit; nobody ends it. */
    @Test
    void anAutoEoiVectorIsTakenAsSuchAndNeverEnded() {
        RecordedTrace trace = demo(machine("skylake-apicv", 1), "on").trace();

        List<Event> taken = trace.events(KVM_INJ_VIRQ).stream()
                .filter(event -> event.a() == VECTOR_AUTO)
                .toList();
        assertThat(taken).hasSize(2).allSatisfy(event -> assertThat(event.b()).isEqualTo(1));
        assertThat(trace.events(KVM_EOI)).noneMatch(event -> event.a() == VECTOR_AUTO);
        assertThat(trace.events(KVM_INJ_VIRQ))
                .filteredOn(event -> event.b() == 1)
                .isEqualTo(taken);
    }

    /** The resampler's way: an EOI or EOM tells the SINT, that acknowledges its GSI, and the device lowers its line. */
    @ParameterizedTest
    @ValueSource(longs = {BY_EOI, BY_EOM})
    void eoiAndEomAcknowledgeTheGsiOfTheSint(long cause) {
        List<Event> events = demo(machine("skylake-apicv", 1), "off").trace().events();
        int acknowledged = 0;
        for (int i = 1; i < events.size(); i++) {
            Event told = events.get(i - 1);
            if (events.get(i).kind() == KVM_ACK_IRQ && told.kind() == KVM_HV_NOTIFY_ACKED_SINT && told.b() == cause) {
                assertThat(events.get(i).ps()).isEqualTo(told.ps());
                acknowledged++;
            }
        }
        assertThat(acknowledged).isPositive();
    }

    @Test
    void nothingAcknowledgesAGsiButItsSint() {
        List<Event> events = demo(machine("skylake-apicv", 2), "on").trace().events();
        for (int i = 1; i < events.size(); i++) {
            if (events.get(i).kind() == KVM_ACK_IRQ) {
                assertThat(events.get(i - 1).kind())
                        .as("before %s", events.get(i))
                        .isEqualTo(KVM_HV_NOTIFY_ACKED_SINT);
            }
        }
    }

    /** TLFS 11.8.2: EOM concerns all sixteen sources; an EOI the one whose vector it ends. */
    @Test
    void eomTellsAllSixteenSintsAndAnEoiOne() {
        RecordedTrace trace = demo(machine("skylake-apicv", 1), "on").trace();
        List<Event> told = trace.events(KVM_HV_NOTIFY_ACKED_SINT);
        long eoms = told.stream()
                .filter(event -> event.b() == BY_EOM && event.a() == SINT_MAIN)
                .count();

        assertThat(eoms).isPositive();
        assertThat(told).filteredOn(event -> event.b() == BY_EOM).hasSize(Math.toIntExact(16 * eoms));
        assertThat(told)
                .filteredOn(event -> event.b() == BY_EOI)
                .isNotEmpty()
                .allSatisfy(event ->
                        assertThat(event.a()).as("never an auto-EOI one").isNotEqualTo(SINT_AUTO));
    }

    /** The VMM raises SINTs only through irqfds: each that was raised and is not masked reaches an APIC or merges. */
    @Test
    void everySintIsRaisedOnTheVirtualProcessorThatAskedForIt() {
        RecordedTrace trace = demo(machine("skylake-apicv", 2), "off").trace();
        List<Event> raised = trace.events(KVM_HV_SYNIC_SET_IRQ);

        Set<Long> vps = raised.stream().map(event -> event.a() >> 8).collect(Collectors.toSet());
        assertThat(vps).containsExactlyInAnyOrder(0L, 1L);
        assertThat(trace.events(KVM_APIC_ACCEPT_IRQ))
                .anyMatch(event -> event.vcpu() == 1 && (event.a() & 0xFF) == 0x62);
        assertThat(raised)
                .filteredOn(event -> event.a() == SINT_MAIN && event.b() > 0)
                .hasSizeGreaterThan(ROUNDS);
    }

    /** What the VMM learns by KVM_EXIT_HYPERV: which register the guest wrote, and its value. */
    @Test
    void writesOfTheSynicsPagesAndControlAreTracedWithTheirValues() {
        List<Event> written = demo(machine("skylake-apicv", 1), "off").trace().events(KVM_HV_SYNIC_SET_MSR);

        assertThat(written)
                .extracting(Event::a)
                .startsWith(
                        (long) HvMsr.HV_X64_MSR_SIMP, (long) HvMsr.HV_X64_MSR_SIEFP, (long) HvMsr.HV_X64_MSR_SCONTROL);
        assertThat(written.subList(0, 2)).allSatisfy(event -> {
            assertThat(event.b() & 0xFFF).as("enabled").isEqualTo(1);
            assertThat(event.b() >> 12).as("page").isPositive();
        });
        assertThat(written.get(2).b()).isEqualTo(1);
        assertThat(written.getLast().b()).as("disabled in the end").isZero();
    }
}
