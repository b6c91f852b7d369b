// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A guest that says on its console that it crashed, and what it does then. */
class GuestPanicTest {
    private static final String SAY = """
        66 ba f8 03    ; mov dx, COM1
        b0 21          ; mov al, '!'
        ee             ; out dx, al
        """;

    private long endedPs;

    /** Each '!' is a panic, each '.' its last word. */
    private RunResult run(String listing) {
        AtomicReference<Machine> machine = new AtomicReference<>();
        MachineConfig config = MachineConfig.standard().withConsole(b -> {
            if (b == '!') {
                machine.get().panicked("no init");
            } else {
                machine.get().endPanic();
            }
        });
        try (InterruptedGuest guest = new InterruptedGuest(listing, config)) {
            machine.set(guest.machine());
            RunResult result = guest.run();
            endedPs = guest.machine().nowPs();
            return result;
        }
    }

    private static void assertPanic(RunResult result) {
        assertThat(result).isEqualTo(new RunResult(RunResult.Outcome.GUEST_PANIC, -1, "no init"));
    }

    @Test
    void aResetAfterAPanicIsAPanic() {
        assertPanic(run(SAY + "b0 fe e6 64 ; pulse the reset line"));
        assertThat(endedPs).isLessThan(1_000_000_000L);
    }

    @Test
    void aGuestThatSleepsAfterAPanicIsEndedAfterASecond() {
        assertPanic(run(SAY + "fa f4 ; cli, hlt"));
        assertThat(endedPs).isCloseTo(1_000_000_000_000L, within(1_000_000_000L));
    }

    @Test
    void aTripleFaultAfterAPanicIsAPanic() {
        assertPanic(run(SAY + """
            6a 00          ; push 0
            6a 00          ; push 0
            0f 01 1c 24    ; lidt [esp]
            0f 0b          ; ud2
            """));
    }

    @Test
    void theLastWordEndsTheRun() {
        assertPanic(run(SAY + """
            b0 2e          ; mov al, '.'
            ee             ; out dx, al
            eb fe          ; jmp $
            """));
        assertThat(endedPs).isLessThan(1_000_000_000L);
    }

    @Test
    void aLastWordWithoutAPanicMeansNothing() {
        assertThat(run("66 ba f8 03 b0 2e ee ; '.'\nb0 fe e6 64 ; pulse the reset line")
                        .outcome())
                .isEqualTo(RunResult.Outcome.RESET);
    }
}
