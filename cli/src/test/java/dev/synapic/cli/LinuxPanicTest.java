// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The lines are those of Linux 6.1's and 6.12's kernel/panic.c, as their consoles show them. */
class LinuxPanicTest {
    private final List<String> seen = new ArrayList<>();
    private final LinuxPanic panic = new LinuxPanic(seen::add, () -> seen.add("end"));

    private void print(String text) {
        text.chars().forEach(panic);
    }

    @Test
    void theMessageIsToldWithoutItsTimeStamp() {
        print("[    1.031337] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\r\n");
        print("[    1.031337] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0\r\n");
        assertThat(seen)
                .containsExactly("Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)");
    }

    @Test
    void theLastLineIsTold() {
        print("[    1.0][    T1] Kernel panic - not syncing: No working init found.\n");
        print("[    1.1][    T1] ---[ end Kernel panic - not syncing: No working init found. ]---\n");
        assertThat(seen).containsExactly("Kernel panic - not syncing: No working init found.", "end");
    }

    @Test
    void withoutTimeStampsTheMessageIsFoundToo() {
        print("Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n");
        assertThat(seen).hasSize(1);
    }

    @Test
    void whoeverQuotesAPanicDoesNotPanic() {
        print("boot.log: [    1.0] Kernel panic - not syncing: no init\n"
                + "$ grep 'Kernel panic - not syncing: ' boot.log\n");
        assertThat(seen).isEmpty();
    }

    @Test
    void anEndlessLineIsBounded() {
        print("x".repeat(1 << 20) + "\nKernel panic - not syncing: still seen\n");
        assertThat(seen).hasSize(1);
    }
}
