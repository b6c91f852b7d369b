// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.qemu.Qemu;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/** The command {@code synapic qemu}: everything behind it is QEMU's grammar, which picocli never sees. */
@Command(
        name = "qemu",
        description = "Runs a guest by QEMU's command line: the options that kvm-unit-tests and small scripts use.")
final class QemuCommand implements Callable<Integer> {
    static final String NAME = "qemu";

    private final Session session;

    @Unmatched
    private List<String> arguments = List.of();

    QemuCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        return run(arguments);
    }

    int run(List<String> qemuArguments) {
        return new Qemu(session.console(), session.interruption(), Synapic.version()).run(qemuArguments);
    }
}
