// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.exits.ExitReason;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How runs end that a guest does not end itself, and what the machine has to say then. */
class EndOfRunTest {
    private static final MachineConfig MACHINE = MachineConfig.standard();

    /** guests/README.md: the 2nd other CPU waits behind IF, the 3rd behind TPR, the 4th behind ISR, the 5th for a masked timer. */
    private static String lostIpi(int vcpus) {
        try (GuestRun run = GuestRun.of("lost-ipi-halt", "", MACHINE.withVcpus(vcpus))) {
            assertThat(run.result().outcome()).as("%s", run).isEqualTo(RunResult.Outcome.DEADLOCK);
            assertThat(run.result().reason()).contains("deadlock", "nothing can wake");
            return run.machine().stateDump();
        }
    }

    /** The lines of a virtual CPU, without its number. */
    private static String of(String dump, int vcpu) {
        String[] blocks = dump.split("(?m)^vcpu ");
        return List.of(blocks).stream()
                .filter(block -> block.startsWith(vcpu + " "))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no vcpu " + vcpu + " in\n" + dump));
    }

    @Test
    void aDeadlockNamesForEachPendingVectorItsSenderItsTimeAndWhatBlocksIt() {
        String dump = lostIpi(6);
        String sent = "0x41 pending, sent from vcpu 0 at rip 0x[0-9a-f]+, took effect at [0-9.]+ us; blocked by: ";

        assertThat(of(dump, 2)).containsPattern(sent + "IF=0 at rip 0x[0-9a-f]+\n");
        assertThat(of(dump, 3)).containsPattern(sent + "TPR class 0x5\n");
        assertThat(of(dump, 4))
                .containsPattern(sent + "ISR: vector 0x4f is in service and was not ended \\(no EOI\\)\n");
    }

    @Test
    void aDeadlockNamesTheTimerThatCountsButIsMasked() {
        assertThat(of(lostIpi(6), 5)).contains("its APIC timer counts, but LVT timer is masked");
    }

    @Test
    void aDeadlockShowsWhoAcknowledgedAndNowSleepsForGood() {
        String dump = lostIpi(6);

        assertThat(of(dump, 0)).contains("halted", "IF=1", "IRR {}", "halted without anything that could wake it");
        assertThat(of(dump, 1)).contains("halted", "IF=1", "IRR {}", "halted without anything that could wake it");
    }

    /** A vector took effect no earlier than it was sent, and no later than the machine came to rest. */
    @Test
    void theTimesOfADeadlockAreTimesOfTheRun() {
        String dump = lostIpi(4);
        double end = Double.parseDouble(dump.replaceFirst("(?s)state at ([0-9.]+) us.*", "$1"));
        double second = Double.parseDouble(of(dump, 2).replaceFirst("(?s).*effect at ([0-9.]+) us.*", "$1"));
        double third = Double.parseDouble(of(dump, 3).replaceFirst("(?s).*effect at ([0-9.]+) us.*", "$1"));

        assertThat(second).isPositive().isLessThan(third);
        assertThat(third).isLessThan(end);
    }

    @Test
    void aDeadlockOfAThousandCpusStillFitsOnAScreen() {
        assertThat(lostIpi(1024).lines())
                .hasSizeLessThan(40)
                .anyMatch(line -> line.contains("more vCPUs with nothing pending"));
    }

    /** SDM vol. 3A, 6.15, "Interrupt 8": a fault while a double fault is being delivered shuts the processor down. */
    @Test
    void aTripleFaultSaysWhereItHappened() {
        byte[] image = TinyGuest.of("""
            0f011d00200000 ; lidt 0x2000: zeros, so base 0 and limit 0
            cc             ; int3
            """);
        try (GuestRun run = GuestRun.of(image, MACHINE)) {
            assertThat(run.result().outcome()).isEqualTo(RunResult.Outcome.TRIPLE_FAULT);
            assertThat(run.result().reason())
                    .isEqualTo("triple fault on vcpu 0 at rip 0x%x".formatted(TinyGuest.ENTRY + 7));
            assertThat(run.machine().stateDump()).contains("vcpu 0", "rip 0x%x".formatted(TinyGuest.ENTRY + 7));
        }
    }

    /** A processor in HLT with IF clear and nobody to send it an NMI: the machine knows at once that this is for ever. */
    @Test
    void aHaltWithInterruptsOffIsADeadlockAndNotAnEndlessRun() {
        byte[] image = TinyGuest.of("""
            fa             ; cli
            f4             ; hlt
            """);
        try (GuestRun run = GuestRun.of(image, MACHINE)) {
            assertThat(run.result().outcome()).isEqualTo(RunResult.Outcome.DEADLOCK);
            assertThat(run.machine().stateDump()).contains("halted", "IF=0");
        }
    }

    @Test
    void anEndlessLoopEndsAtTheLimitOfVirtualTime() {
        byte[] image = TinyGuest.of("ebfe ; 1: jmp 1b");
        try (GuestRun run = GuestRun.of(image, MACHINE.withMaxVirtualPs(50_000_000L))) {
            assertThat(run.result().outcome()).isEqualTo(RunResult.Outcome.TIME_LIMIT);
            assertThat(run.machine().nowPs()).isGreaterThan(50_000_000L);
        }
    }

    /** Time passes for instructions that fault, too, or nothing could end this run: each #UD leads to the next. */
    @Test
    void anEndlessChainOfFaultsEndsAtTheLimitOfVirtualTime() {
        byte[] image = TinyGuest.of("""
            be37001000           ; mov $ap, %esi
            bf00800000           ; mov $0x8000, %edi
            b910000000           ; mov $16, %ecx
            f3a4                 ; rep movsb
            c7050003e0fe00450c00 ; movl $0xc4500, ICR: INIT to all but self
            c7050003e0fe08460c00 ; movl $0xc4608, ICR: SIPI, vector 8
            ebfe                 ; 1: jmp 1b
            b80090               ; ap, at 0x8000 in real mode: mov $0x9000, %ax
            8ed0                 ; mov %ax, %ss
            66c70618000e800000   ; movl $2f, 0x18: the vector of #UD
            0f0b                 ; 2: ud2
            """);
        try (GuestRun run = GuestRun.of(image, MACHINE.withVcpus(2).withMaxVirtualPs(50_000_000L))) {
            assertThat(run.result().outcome()).as("%s", run).isEqualTo(RunResult.Outcome.TIME_LIMIT);
            assertThat(run.machine().vcpus().get(1).cpu().rip).isEqualTo(0x800E);
        }
    }

    @Test
    void aRunThatIsInterruptedSaysSo() {
        try (Machine machine = new Machine(MACHINE)) {
            machine.loadMultiboot("tiny", TinyGuest.of("ebfe ; 1: jmp 1b"), "");
            machine.interrupt();
            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.INTERRUPTED);
        }
    }

    private static final String UNKNOWN_INSTRUCTION = """
        bc00000800             ; mov $0x80000, %%esp
        0f01154c001000         ; lgdt 1f
        c705302000003e000800   ; IDT at 0x2000, gate 6: selector 8, offset 15:0 of the handler
        c70534200000008e1000   ; interrupt gate, offset 31:16
        0f011d52001000         ; lidt 2f
        %s                     ; three bytes, at 0x100037
        b001                   ; mov $1, %%al: it did not fault
        e6f4                   ; out %%al, $0xf4
        813c2437001000         ; handler: cmpl $0x100037, (%%esp)
        0f94c0                 ; sete %%al
        0410                   ; add $0x10, %%al
        e6f4                   ; out %%al, $0xf4: 0x11, if #UD came from there
        170058001000           ; 1: limit and base of the GDT
        ff0000200000           ; 2: limit and base of the IDT
        0000000000000000       ; null descriptor
        ffff0000009bcf00       ; flat code
        ffff00000093cf00       ; flat data
        """;

    /** SDM vol. 3A, 6.15, "Interrupt 6": the fault's return address is the instruction's own. 0x11 << 1 | 1 = 35. */
    @Test
    void anInstructionThatTheEngineDoesNotKnowRaisesUdInTheGuestAndIsNamed() {
        try (GuestRun run = GuestRun.of(TinyGuest.of(UNKNOWN_INSTRUCTION.formatted("0f0e90" /* femms */)), MACHINE)) {
            assertThat(run.result().guestStatus()).as("%s", run).isEqualTo(35);
            assertThat(run.machine().unknownInstructions().total()).isEqualTo(1);
            assertThat(run.machine().unknownInstructions().seen())
                    .containsValue(1L)
                    .hasSize(1)
                    .allSatisfy((name, times) ->
                            assertThat(name).startsWith("0f 0e 90").endsWith("at rip 0x100037"));
        }
    }

    /** SDM vol. 2B, UD: it is there to fault, so a report that lists it would mislead. */
    @Test
    void ud2RaisesUdAndIsNotNamedAsUnknown() {
        try (GuestRun run = GuestRun.of(TinyGuest.of(UNKNOWN_INSTRUCTION.formatted("0f0b90")), MACHINE)) {
            assertThat(run.result().guestStatus()).isEqualTo(35);
            assertThat(run.machine().unknownInstructions().seen()).isEmpty();
        }
    }

    /** isa-debug-exit, as QEMU has it: (value << 1) | 1. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 0x7F})
    void aGuestEndsTheRunWithAnOddStatus(int value) {
        byte[] image = TinyGuest.of("b0%02x e6f4 ; mov $value, %%al; out %%al, $0xf4".formatted(value));
        try (GuestRun run = GuestRun.of(image, MACHINE)) {
            assertThat(run.result().outcome()).isEqualTo(RunResult.Outcome.GUEST_EXIT);
            assertThat(run.result().guestStatus()).isEqualTo(value << 1 | 1);
            assertThat(run.exits().countOf(ExitReason.IO_INSTRUCTION)).isEqualTo(1);
        }
    }

    @Test
    void ourOwnGuestsUseNoInstructionThatTheEngineDoesNotKnow() {
        for (String guest :
                List.of("hello-smp", "ipi-bench", "ipi-bench-twice", "ipi-bench32", "synic-demo", "lost-ipi-halt")) {
            try (GuestRun run = GuestRun.of(guest, "", MACHINE.withVcpus(3).withMaxVirtualPs(5_000_000_000L))) {
                assertThat(run.machine().unknownInstructions().seen()).as(guest).isEmpty();
            }
        }
    }
}
