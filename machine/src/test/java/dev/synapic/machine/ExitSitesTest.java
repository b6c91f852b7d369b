// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.Cpu;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.ExitSites;
import dev.synapic.machine.exits.ExitSites.Site;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExitSitesTest {
    private static final MachineConfig CONFIG = MachineConfig.standard().withMaxVirtualPs(1_000_000_000L);

    private static List<Site> sites(String listing) {
        try (Machine machine = new Machine(CONFIG)) {
            machine.loadMultiboot("tiny", TinyGuest.of(listing), "");
            machine.exitSites().record();
            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.GUEST_EXIT);
            List<Site> sites = machine.exitSites().sites();
            assertThat(sites.stream().mapToLong(Site::count).sum())
                    .as("each exit is at one place")
                    .isEqualTo(machine.exitCounters().total());
            return sites;
        }
    }

    private static Site io(long address, long caller, long count) {
        return new Site(ExitReason.IO_INSTRUCTION, false, address, caller, count);
    }

    @Test
    void anExitIsCountedInItsFunctionForEachOfTheCallers() {
        assertThat(sites("""
            BC 00 00 08 00  ; 100010: mov esp, 80000h
            E8 0F 00 00 00  ; 100015: call 100029h
            B9 29 00 10 00  ; 10001a: mov ecx, 100029h
            FF D1           ; 10001f: call ecx
            B0 00           ; 100021: mov al, 0
            E6 F4           ; 100023: out f4h, al
            F4 EB FD 90     ; 100025: hlt, again
            B0 41           ; 100029: mov al, 'A'
            E6 E9           ; 10002b: out e9h, al
            E6 E9           ; 10002d: out e9h, al
            C3              ; 10002f: ret
            """))
                .containsExactlyInAnyOrder(
                        io(0x10_0029, 0x10_001A, 1),
                        io(0x10_002D, 0x10_001A, 1),
                        io(0x10_0029, 0x10_0021, 1),
                        io(0x10_002D, 0x10_0021, 1),
                        io(0x10_0021, 0, 1));
    }

    @Test
    void whatAFunctionHasPushedIsNotTakenForItsCaller() {
        assertThat(sites("""
            BC 00 00 08 00  ; 100010: mov esp, 80000h
            E8 07 00 00 00  ; 100015: call 100021h
            B0 00           ; 10001a: mov al, 0
            E6 F4           ; 10001c: out f4h, al
            F4 EB FD        ; 10001e: hlt, again
            68 1C 00 10 00  ; 100021: push 10001ch
            E6 E9           ; 100026: out e9h, al
            59              ; 100028: pop ecx
            C3              ; 100029: ret
            """)).containsExactlyInAnyOrder(io(0x10_0021, 0, 1), io(0x10_001A, 0, 1));
    }

    /** RIP is behind HLT when its exit is counted, and that may be another function. */
    @Test
    void aHaltIsInTheFunctionThatEndsWithIt() {
        try (Machine machine = new Machine(CONFIG)) {
            machine.loadMultiboot("tiny", TinyGuest.of("F4 ; 100010: hlt"), "");
            machine.exitSites().record();
            assertThat(machine.run().outcome()).isEqualTo(RunResult.Outcome.DEADLOCK);
            assertThat(machine.exitSites().sites()).containsExactly(new Site(ExitReason.HLT, false, 0x10_0010, 0, 1));
        }
    }

    @Test
    void placesThatAreTooManyAreCountedElsewhere() {
        try (Machine machine = new Machine(CONFIG)) {
            ExitSites sites = new ExitSites(machine.memory());
            Cpu cpu = machine.vcpus().getFirst().cpu();
            int exits = 100_000;
            sites.count(ExitReason.CPUID, cpu);
            sites.record();
            for (int i = 0; i < exits; i++) {
                cpu.rip = i % 70_000;
                sites.count(ExitReason.CPUID, cpu);
            }
            List<Site> seen = sites.sites();
            assertThat(seen.stream().mapToLong(Site::count).sum()).isEqualTo(exits);
            assertThat(seen)
                    .filteredOn(site -> site.address() == Site.ELSEWHERE)
                    .hasSize(1);
        }
    }
}
