// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.bench.GuestFailure;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.cli.terminal.Interruption;
import dev.synapic.machine.ConfigurationException;
import java.io.PrintWriter;
import java.lang.module.ModuleDescriptor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code synapic}: its subcommands, and how every error ends. */
@Command(
        name = "synapic",
        mixinStandardHelpOptions = true,
        versionProvider = Synapic.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "The x86 virtual interrupt fabric, and a virtual machine that runs real guests on it.",
        commandListHeading = "%nCommands:%n",
        optionListHeading = "%nOptions:%n",
        footerHeading = "%nExit status:%n",
        footer = {
            "  odd       the guest's own: (value << 1) | 1 of what it wrote to isa-debug-exit",
            "  0         clean",
            "  2         wrong usage or input; nothing was written",
            "  4         deadlock or triple fault; the state dump says why",
            "  6         tests of a suite failed",
            "  70        internal error",
            "  124       a limit was reached",
            "  130       interrupted; the report so far was printed",
            "",
            "Try: synapic bench ipi, synapic run --guest hello-smp -smp 4"
        })
public final class Synapic implements Runnable {
    private final Session session;

    @Option(
            names = "--stack-trace",
            scope = ScopeType.INHERIT,
            description = "Print the stack trace of an internal error.")
    private boolean stackTrace;

    private Synapic(Session session) {
        this.session = session;
    }

    public static void main(String[] args) {
        Locale.setDefault(Locale.ROOT);
        Interruption interruption = Interruption.ofProcess();
        Console console = Console.ofProcess();
        int status = execute(console, interruption, args);
        interruption.reported();
        System.exit(status);
    }

    /** Runs a command line and returns its exit status. Everything is printed to the console. */
    static int execute(Console console, Interruption interruption, String... args) {
        Synapic synapic = new Synapic(new Session(console, interruption));
        try {
            if (args.length > 0 && args[0].equals(QemuCommand.NAME)) {
                List<String> words = List.of(args);
                return new QemuCommand(synapic.session).run(words.subList(1, words.size()));
            }
            return synapic.commandLine().execute(args);
        } catch (RuntimeException | Error e) {
            return synapic.failed(e);
        } finally {
            console.out().flush();
            console.err().flush();
        }
    }

    private CommandLine commandLine() {
        Console console = session.console();
        CommandLine bench = new CommandLine(new BenchCommand())
                .addSubcommand(new IpiBenchCommand(session))
                .addSubcommand(new LinuxIpiCommand(session));
        return new CommandLine(this)
                .addSubcommand(bench)
                .addSubcommand(new RunCommand(session))
                .addSubcommand(new GuestCommand(session))
                .addSubcommand(new QemuCommand(session))
                .addSubcommand(new KutCommand(session))
                .addSubcommand(new OracleCommand(session))
                .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
                .setPosixClusteredShortOptionsAllowed(false)
                .setOverwrittenOptionsAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((e, arguments) -> wrongUsage(e))
                .setExecutionExceptionHandler((e, command, parsed) -> failed(e));
    }

    @Override
    public void run() {
        session.console().out().print(commandLine().getUsageMessage());
    }

    private int wrongUsage(ParameterException e) {
        if (e.getCause() instanceof ConfigurationException cause) {
            return failed(cause);
        }
        String name = e.getCommandLine().getCommandSpec().qualifiedName();
        String message = e instanceof UnmatchedArgumentException unmatched
                ? unknown(unmatched)
                : uncapitalized(String.valueOf(e.getMessage()))
                        .replaceFirst(" is not an? (int|long)$", " is not a whole number");
        error(name + ": " + message + "; see " + name + " --help");
        return ExitStatus.USAGE;
    }

    private static String unknown(UnmatchedArgumentException e) {
        String word = e.getUnmatched().getFirst();
        boolean hasCommands = !e.getCommandLine().getSubcommands().isEmpty();
        String kind = word.startsWith("-") ? "option" : hasCommands ? "command" : "argument";
        List<String> suggestions = e.getSuggestions();
        String nearest = suggestions.isEmpty() ? "" : "; nearest is '" + suggestions.getFirst() + "'";
        return "unknown " + kind + " '" + word + "'" + nearest;
    }

    private static String uncapitalized(String message) {
        return message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
    }

    private int failed(Throwable e) {
        session.console().out().flush();
        if (e instanceof ConfigurationException) {
            error("synapic: " + e.getMessage());
            return ExitStatus.USAGE;
        }
        if (e instanceof GuestFailure failure) {
            error("synapic: " + failure.getMessage());
            session.console().err().print(failure.detail());
            return failure.stuck() ? ExitStatus.STUCK : ExitStatus.INTERNAL_ERROR;
        }
        String hint = stackTrace ? "" : "; run again with --stack-trace to see where";
        error("synapic: internal error: " + String.valueOf(e).replaceAll("\\s*\\R\\s*", " ") + hint);
        if (stackTrace) {
            e.printStackTrace(session.console().err());
        }
        return ExitStatus.INTERNAL_ERROR;
    }

    private void error(String line) {
        session.console().err().println(line);
    }

    /** Name and version, as the build recorded them in the module's descriptor. */
    static String version() {
        return "Synapic "
                + Optional.ofNullable(Synapic.class.getModule().getDescriptor())
                        .flatMap(ModuleDescriptor::rawVersion)
                        .orElse("(development)");
    }

    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {
                version(), "Java ${java.version} (${java.vendor}), ${os.name} ${os.arch}", "Apache License 2.0"
            };
        }
    }
}
