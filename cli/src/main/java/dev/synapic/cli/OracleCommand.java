// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.oracle.Oracle;
import dev.synapic.cli.oracle.OracleSchema;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.cli.terminal.Quantity;
import dev.synapic.machine.ConfigurationException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code synapic oracle}. */
@Command(
        name = "oracle",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        optionListHeading = "%nOptions:%n",
        description = {
            "Drives an interrupt fabric without a guest, by lines of JSON: for who tests an APIC, I/O APIC or SynIC of"
                    + " their own against this one, in any language.",
            "",
            "Each line of standard input is a request, an object with 'op' and an optional 'id'; each gets one line on"
                + " standard output, with the same 'id' and 'result', 'fault' or 'error', and the 'events' that"
                + " happened, by the names of KVM's tracepoints. Virtual time moves by the request 'advance' only, so"
                + " the same requests give the same replies. Numbers are whole numbers or strings such as \"0x41\".",
            "",
            "Operations: create, msr-read, msr-write, mmio-read, mmio-write, hypercall, mem-read, mem-write, line,"
                + " msi, route, irqfd, signal, post-message, signal-event, advance, acknowledge, eoi, state, restore,"
                + " reset.",
            "",
            "  printf '%%s\\n"
                    + "' '{\"op\":\"create\"}' '{\"op\":\"msr-read\",\"vcpu\":0,\"msr\":\"0x1b\"}' | synapic oracle"
        },
        footerHeading = "%nExit status:%n",
        footer = {
            "  0         the end of standard input; whatever the requests were",
            "  2         wrong usage",
            "  70        internal error"
        })
final class OracleCommand implements Callable<Integer> {
    private static final long SHORTEST_LINE = 1024;
    private static final long LONGEST_LINE = 64L << 20;

    private final Session session;

    @Option(names = "--schema", description = "Print the JSON schema of requests and replies, and end.")
    private boolean schema;

    @Option(
            names = "--max-line",
            paramLabel = "SIZE",
            description =
                    "The longest request, in bytes with a unit: 1M, 512K (default: 1M). The state of more than 500"
                            + " vCPUs needs more.")
    private String longestLine = "1M";

    OracleCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Console console = session.console();
        long bytes = Quantity.bytes("--max-line", longestLine);
        if (bytes < SHORTEST_LINE || bytes > LONGEST_LINE) {
            throw new ConfigurationException("--max-line " + longestLine + ": from 1K to 64M");
        }
        if (schema) {
            console.out().print(OracleSchema.text());
            return ExitStatus.CLEAN;
        }
        Interruption interruption = session.interruption();
        try (Oracle oracle = new Oracle(bug -> bug.printStackTrace(console.err()))) {
            // Nobody waits for a report: a request that has its reply needs no more.
            return interruption.during(interruption::reported, () -> {
                oracle.run(console.in(), console.out(), (int) bytes);
                return ExitStatus.CLEAN;
            });
        }
    }
}
