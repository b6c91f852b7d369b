// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.Interruption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Runs a command line of QEMU's. */
@FunctionalInterface
public interface GuestRun {
    /** Returns when the guest ends, or soon after the interruption is requested. */
    End run(List<String> words, Console console, Interruption interruption);

    /**
     * How it ended.
     *
     * @param exitStatus QEMU's
     * @param virtualPs how long the machine ran in its own time
     * @param stopped why the machine ended by itself, or null where the guest ended it or none was started
     */
    record End(int exitStatus, long virtualPs, @Nullable String stopped) {}
}
