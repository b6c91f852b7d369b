// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.cli.qemu.Qemu;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.Machine;
import dev.synapic.machine.RunResult;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The machine behind {@code synapic qemu}, in this process. */
public final class QemuRun implements GuestRun {
    private final String version;

    /** version is that of this program. */
    public QemuRun(String version) {
        this.version = version;
    }

    @Override
    public End run(List<String> words, Console console, Interruption interruption) {
        Ending ending = new Ending();
        int status = new Qemu(console, interruption, version, ending).run(words);
        return new End(status, ending.virtualPs, ending.stopped);
    }

    /** The first line of QEMU's help. */
    public String version() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8)) {
            run(
                    List.of("-version"),
                    new Console(InputStream.nullInputStream(), print, print, false),
                    new Interruption());
        }
        return out.toString(StandardCharsets.UTF_8).lines().findFirst().orElse("");
    }

    private static final class Ending implements Qemu.EndListener {
        private long virtualPs;

        @Nullable
        private String stopped;

        @Override
        public void ended(Machine machine, RunResult result) {
            virtualPs = machine.nowPs();
            boolean byGuest = result.outcome() == RunResult.Outcome.GUEST_EXIT;
            stopped = byGuest ? null : result.reason();
        }
    }
}
