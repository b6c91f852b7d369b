// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static dev.synapic.machine.trace.TraceEvent.KVM_APIC_ACCEPT_IRQ;
import static dev.synapic.machine.trace.TraceEvent.KVM_APIC_IPI;
import static dev.synapic.machine.trace.TraceEvent.KVM_ENTRY;
import static dev.synapic.machine.trace.TraceEvent.KVM_EXIT;
import static dev.synapic.machine.trace.TraceEvent.KVM_HV_SYNIC_SET_IRQ;
import static dev.synapic.machine.trace.TraceEvent.KVM_INJ_VIRQ;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.RecordedTrace.Event;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.HardwareProfile;
import dev.synapic.machine.trace.TraceEvent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Design decision D3, seen in the trace of whole runs: nothing happens before its cause, within one virtual CPU time runs one way, and
 * exits nest. Runs that end in a deadlock, that contend and that take APICv away are among them.
 */
class CausalityTest {
    private static final int ICR_MSR = 0x830;

    /** The runs of which all rules must hold. */
    private static final String RUNS = """
        skylake-apicv,      8, ipi-bench,     apic=xapic mode=vanilla iterations=3
        skylake-apicv,      8, ipi-bench,     apic=x2apic-cluster mode=pv-ipi iterations=3
        skylake-no-apicv,   8, ipi-bench,     apic=x2apic-phys mode=vanilla iterations=3
        skylake-no-apicv,   8, ipi-bench32,   apic=xapic mode=shorthand iterations=3
        ipi-virtualization, 8, ipi-bench,     apic=x2apic-phys mode=vanilla iterations=3
        avic,               8, ipi-bench,     apic=xapic mode=hv-ipi iterations=3
        skylake-no-apicv,   17, hello-smp,    ''
        skylake-apicv,      2, synic-demo,    auto-eoi=on rounds=3
        skylake-no-apicv,   2, synic-demo,    auto-eoi=on rounds=3
        skylake-apicv,      2, synic-demo,    auto-eoi=off rounds=3
        skylake-no-apicv,   6, lost-ipi-halt, ''
        """;

    private record Recorded(RecordedTrace trace, Machine machine) {
        List<Event> events() {
            return trace.events();
        }
    }

    private static Recorded run(String profile, int vcpus, String guest, String commandLine) {
        RecordedTrace trace = new RecordedTrace();
        MachineConfig config = IpiBench.machine(profile, vcpus).withTrace(trace);
        try (GuestRun run = GuestRun.of(guest, commandLine, config)) {
            assertThat(trace.events()).as("%s", run).isNotEmpty();
            return new Recorded(trace, run.machine());
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = RUNS)
    void withinOneProcessorTimeNeverRunsBackwards(String profile, int vcpus, String guest, String commandLine) {
        assertTimeRunsForwards(run(profile, vcpus, guest, commandLine).events());
    }

    private static void assertTimeRunsForwards(List<Event> events) {
        Map<Integer, Event> latest = new HashMap<>();
        for (Event event : events) {
            Event before = latest.put(event.vcpu(), event);
            if (before != null) {
                assertThat(event.ps()).as("%s behind %s", event, before).isGreaterThanOrEqualTo(before.ps());
            }
        }
    }

    /**
     * An access that faults in the guest had its exit all the same; the clock keeps what that took. The periodic timer makes
     * interrupts arrive at every moment of such an exit.
     */
    @ParameterizedTest
    @ValueSource(strings = {"skylake-apicv", "skylake-no-apicv"})
    void timeDoesNotRunBackwardsWhereAnAccessFaults(String profile) {
        byte[] image = TinyGuest.of("""
            bc00000800           ; mov $0x80000, %esp
            0f0115a4001000       ; lgdt 2f
            c7056820000087000800 ; IDT at 0x2000, gate 13: on_gp
            c7056c200000008e1000 ; interrupt gate
            c7050022000090000800 ; gate 0x40: on_timer
            c70504220000008e1000 ; interrupt gate
            0f011daa001000       ; lidt 3f
            c705f000e0feff010000 ; movl $0x1ff, SVR
            c705e003e0fe0b000000 ; movl $0xb, timer divide: by 1
            c7052003e0fe40000200 ; movl $0x20040, LVT timer: periodic, vector 0x40
            c7058003e0fe8b130000 ; movl $5003, timer initial count
            fb                   ; sti
            bff4010000           ; mov $500, %edi
            b945230100           ; mov $0x12345, %ecx: no such MSR
            0f32                 ; 1: rdmsr
            4f                   ; dec %edi
            75fb                 ; jnz 1b
            b010                 ; mov $0x10, %al
            e6f4                 ; out %al, $0xf4
            8344240402           ; on_gp: addl $2, 4(%esp): return behind the rdmsr
            83c404               ; add $4, %esp
            cf                   ; iret
            ff0500700000         ; on_timer: incl 0x7000
            c705b000e0fe00000000 ; movl $0, EOI
            cf                   ; iret
            8d7600               ; padding
            1700b0001000         ; 2: limit and base of the GDT
            ff0300200000         ; 3: limit and base of the IDT
            0000000000000000     ; null descriptor
            ffff0000009bcf00     ; flat code
            ffff00000093cf00     ; flat data
            """);
        RecordedTrace trace = new RecordedTrace();
        try (GuestRun run = GuestRun.of(image, IpiBench.machine(profile, 1).withTrace(trace))) {
            assertThat(run.result().guestStatus()).as("%s", run).isEqualTo(33);
            assertThat(run.machine().memory().getInt(0x7000))
                    .as("timer interrupts")
                    .isGreaterThan(100);
            assertThat(run.exits().countOf(ExitReason.MSR_READ)).isEqualTo(500);
            assertTimeRunsForwards(trace.events());
        }
    }

    /** An exit ends by the entry behind it on the same processor; only a processor that is halted at the end is still outside. */
    @ParameterizedTest
    @CsvSource(textBlock = RUNS)
    void everyExitIsFollowedByItsEntry(String profile, int vcpus, String guest, String commandLine) {
        Recorded run = run(profile, vcpus, guest, commandLine);
        HardwareProfile hardware = run.machine().config().profile();
        Map<Integer, Event> open = new HashMap<>();
        for (Event event : run.events()) {
            if (event.kind() == KVM_EXIT) {
                Event within = open.put(event.vcpu(), event);
                assertThat(within).as("exit %s within", event).isNull();
            } else if (event.kind() == KVM_ENTRY) {
                Event exit = open.remove(event.vcpu());
                assertThat(exit).as("exit of %s", event).isNotNull();
                assertThat(event.a()).as("reason of %s", event).isEqualTo(exit.a());
                assertThat(event.ps() - exit.ps())
                        .as("duration of %s", exit)
                        .isGreaterThanOrEqualTo(hardware.exitToHostPs() + hardware.entryPs());
            }
        }
        assertThat(open.values()).allSatisfy(exit -> {
            assertThat(exit.a()).isEqualTo(ExitReason.HLT.ordinal());
            assertThat(run.machine().vcpus().get(exit.vcpu()).state()).isEqualTo(RunState.HALTED);
        });
    }

    /** Design decision D7: the sum of all exits equals the exits in the trace; here for each processor and reason. */
    @ParameterizedTest
    @CsvSource(textBlock = RUNS)
    void theCountersAreTheExitsOfTheTrace(String profile, int vcpus, String guest, String commandLine) {
        Recorded run = run(profile, vcpus, guest, commandLine);
        long[][] traced = new long[vcpus][ExitReason.values().length];
        for (Event exit : run.trace().events(KVM_EXIT)) {
            traced[exit.vcpu()][(int) exit.a()]++;
        }
        for (Vcpu vcpu : run.machine().vcpus()) {
            assertThat(vcpu.exitCounters().counts()).as("vcpu %d", vcpu.index()).isEqualTo(traced[vcpu.index()]);
        }
        assertThat(run.machine().exitCounters().total()).isEqualTo(run.trace().count(KVM_EXIT));
    }

    /** A processor takes only what its APIC has accepted and it has not taken yet (SDM vol. 3A, 12.8.4), and never earlier. */
    @ParameterizedTest
    @CsvSource(textBlock = RUNS)
    void whatIsTakenWasAcceptedBefore(String profile, int vcpus, String guest, String commandLine) {
        Map<String, Event> pending = new HashMap<>();
        for (Event event : run(profile, vcpus, guest, commandLine).events()) {
            String vector = event.vcpu() + "/" + (event.a() & 0xFF);
            if (event.kind() == KVM_APIC_ACCEPT_IRQ) {
                pending.put(vector, event);
            } else if (event.kind() == KVM_INJ_VIRQ) {
                Event accepted = pending.remove(vector);
                assertThat(accepted).as("acceptance of %s", event).isNotNull();
                assertThat(event.ps()).as("%s", event).isGreaterThanOrEqualTo(accepted.ps());
            }
        }
    }

    /**
     * One ICR write, one target: the request exists for the target from the moment on at which the sender's exit reached the
     * hypervisor, and the halted target enters the guest a wake-up and an entry later, exactly. As KVM's tracepoints, the IPI stands
     * before its acceptance.
     */
    @ParameterizedTest
    @ValueSource(ints = {2, 20})
    void aTargetAcceptsWhenTheSendersExitReachesTheHypervisor(int vcpus) {
        Recorded run = run("skylake-apicv", vcpus, "ipi-bench", "apic=x2apic-phys iterations=5 scenarios=broadcast");
        HardwareProfile hardware = run.machine().config().profile();
        List<Send> sends = icrWrites(run.events(), 0x41);
        assertThat(sends).hasSize(5 * (vcpus - 1));
        for (int target = 1; target < vcpus; target++) {
            List<Event> accepts = of(run.events(), KVM_APIC_ACCEPT_IRQ, target, 0x41);
            assertThat(accepts).hasSize(5);
            for (int operation = 0; operation < 5; operation++) {
                Send send = sends.get(operation * (vcpus - 1) + target - 1);
                Event accept = accepts.get(operation);
                assertThat(accept.ps()).isEqualTo(send.exit().ps() + hardware.exitToHostPs());
                assertThat(accept.ps()).isGreaterThanOrEqualTo(send.ipi().ps());
                assertThat(firstBehind(run.events(), accept, KVM_ENTRY).ps())
                        .isEqualTo(accept.ps() + hardware.wakeUpPs() + hardware.entryPs());
            }
        }
    }

    /** The beginning of an exit, and what its APIC sent within it. */
    private record Send(Event exit, Event ipi) {}

    /** The exits by which vcpu 0 wrote a vector to its x2APIC's ICR. */
    private static List<Send> icrWrites(List<Event> events, int vector) {
        List<Send> writes = new ArrayList<>();
        Event exit = null;
        for (Event event : events) {
            if (event.kind() == KVM_EXIT && event.vcpu() == 0) {
                exit = event;
            } else if (event.kind() == KVM_APIC_IPI && (event.a() & 0xFF) == vector && (event.a() & 0x700) == 0) {
                assertThat(exit).isNotNull();
                assertThat(exit.b()).isEqualTo(ICR_MSR);
                writes.add(new Send(exit, event));
            }
        }
        return writes;
    }

    private static List<Event> of(List<Event> events, TraceEvent kind, int vcpu, int vector) {
        return events.stream()
                .filter(event -> event.kind() == kind && event.vcpu() == vcpu && (event.a() & 0xFF) == vector)
                .toList();
    }

    private static Event firstBehind(List<Event> events, Event cause, TraceEvent kind) {
        return events.stream()
                .skip(events.indexOf(cause))
                .filter(event -> event.kind() == kind && event.vcpu() == cause.vcpu())
                .findFirst()
                .orElseThrow();
    }

    /** Design decision D3: within one exit, target i is accepted after target i - 1 by the model's cost of a target. */
    @ParameterizedTest
    @CsvSource({"x2apic-phys, pv-ipi", "x2apic-phys, hv-ipi", "x2apic-phys, shorthand", "xapic, shorthand"})
    void withinOneExitTargetsAcceptOneAfterTheOther(String apic, String mode) {
        int vcpus = 20;
        Recorded run = run(
                "skylake-apicv",
                vcpus,
                "ipi-bench",
                "apic=%s mode=%s iterations=1 scenarios=broadcast".formatted(apic, mode));
        HardwareProfile hardware = run.machine().config().profile();
        long previous = -1;
        for (int target = 1; target < vcpus; target++) {
            List<Event> accepts = of(run.events(), KVM_APIC_ACCEPT_IRQ, target, 0x41);
            assertThat(accepts).hasSize(1);
            long ps = accepts.getFirst().ps();
            if (previous >= 0) {
                assertThat(ps - previous).as("target %d", target).isEqualTo(hardware.acceptHaltedPs());
            }
            previous = ps;
        }
    }

    /** A device's message is no exception: a SINT that the demo device raises later is accepted no earlier than that. */
    @Test
    void aSintThatIsRaisedLaterIsNotAcceptedBefore() {
        List<Event> events =
                run("skylake-apicv", 1, "synic-demo", "auto-eoi=off rounds=1").events();
        Event raised = null;
        int pairs = 0;
        for (Event event : events) {
            if (event.kind() == KVM_HV_SYNIC_SET_IRQ && event.vcpu() < 0) {
                raised = event;
            } else if (event.kind() == KVM_APIC_ACCEPT_IRQ && raised != null) {
                assertThat(event.ps()).as("%s of %s", event, raised).isGreaterThanOrEqualTo(raised.ps());
                raised = null;
                pairs++;
            }
        }
        assertThat(pairs).isGreaterThan(5);
    }
}
