// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.Machine;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.exits.ExitSites.Site;
import dev.synapic.machine.symbols.GuestSymbols;
import dev.synapic.machine.symbols.Symbol;
import dev.synapic.machine.symbols.SymbolTable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Debian's Linux tells who makes its exits, from the symbols that it keeps in its own memory, wherever it put itself. Expected functions from
 * Linux's sources: arch/x86/kernel/apic/x2apic_phys.c, apic.c, process.c and arch/x86/hyperv/hv_apic.c.
 */
@Execution(ExecutionMode.CONCURRENT)
class LinuxExitSymbolsTest {
    private static final int VCPUS = 4;
    private static final String COMMAND = "for i in 1 2 3 4; do cat /proc/cpuinfo >/dev/null & done; wait";

    /** What a machine told at its end: "REASON function < caller" of each site. */
    private static final class Attribution {
        private final List<String> lines = new ArrayList<>();
        private long counted;
        private long exits;
        private long unknown;
        private long moduleSymbols;

        void take(Machine machine) {
            SymbolTable table = GuestSymbols.inMemoryOf(machine);
            LongFunction<String> name =
                    address -> table.codeAt(address).map(Symbol::name).orElse("?");
            for (Site site : machine.exitSites().sites()) {
                counted += site.count();
                // Elsewhere are programs, and what runs before the kernel's own mapping: its decompressor and the start
                // of its processors.
                boolean kernel = site.address() < 0 && site.address() >= -(2L << 30);
                unknown += kernel && table.codeAt(site.address()).isEmpty() ? site.count() : 0;
                String caller = site.caller() == 0 ? "" : " < " + name.apply(site.caller() - 1);
                lines.add(site.reason() + " " + name.apply(site.address()) + caller);
            }
            for (ExitReason reason : ExitReason.values()) {
                exits += machine.exitCounters().countOf(reason);
            }
            moduleSymbols = table.size();
        }
    }

    private static Attribution boot(String guest, String face) {
        Attribution seen = new Attribution();
        DebianGuest.Run run = DebianGuest.named(guest)
                .run(
                        DebianGuest.machine(face, VCPUS),
                        COMMAND,
                        machine -> machine.exitSites().record(),
                        seen::take);
        assertThat(run.result().outcome()).as(run.console()).isEqualTo(RunResult.Outcome.POWER_OFF);
        assertThat(seen.moduleSymbols).isGreaterThan(50_000);
        assertThat(seen.counted).as("each exit is somewhere").isEqualTo(seen.exits);
        assertThat(seen.unknown).as("exits in the kernel, in no function of it").isLessThan(seen.exits / 100);
        return seen;
    }

    @Test
    void aKvmGuestOf61TellsWhoSendsItsIpisAndWhoIdles() {
        assertThat(boot("debian-6.1", "kvm").lines)
                .contains(
                        "MSR_WRITE native_write_msr < x2apic_send_IPI",
                        "MSR_WRITE native_write_msr < lapic_next_deadline",
                        "HLT native_safe_halt < default_idle")
                .contains("IO_INSTRUCTION io_serial_out < serial8250_console_write");
    }

    @Test
    void aHypervGuestOf612TellsWhoSendsItsIpisAndWhoIdles() {
        assertThat(boot("debian-6.12", "hyperv").lines)
                .contains("HLT pv_native_safe_halt < default_idle")
                .anyMatch(line -> line.matches("VMCALL \\? < __send_ipi_(one|mask)"));
    }
}
