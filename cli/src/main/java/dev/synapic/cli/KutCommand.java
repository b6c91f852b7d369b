// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.kut.KnownFailures;
import dev.synapic.cli.kut.KutJson;
import dev.synapic.cli.kut.KutJunit;
import dev.synapic.cli.kut.KutMarkdown;
import dev.synapic.cli.kut.KutSummary;
import dev.synapic.cli.kut.QemuRun;
import dev.synapic.cli.kut.Selection;
import dev.synapic.cli.kut.SuiteBuild;
import dev.synapic.cli.kut.SuiteConfig;
import dev.synapic.cli.kut.SuiteOptions;
import dev.synapic.cli.kut.SuiteRun;
import dev.synapic.cli.kut.TestResult;
import dev.synapic.cli.kut.TestTimeout;
import dev.synapic.cli.kut.UnitTest;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.cli.terminal.OutputFile;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.PcConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command {@code synapic kut}. */
@Command(
        name = "kut",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        customSynopsis = "synapic kut CFG [NAME...] [OPTIONS]",
        parameterListHeading = "%n",
        optionListHeading = "%nOptions:%n",
        description = {
            "Runs a build of kvm-unit-tests from its unittests.cfg, side by side on the host's cores.",
            "",
            "The options of each test mean what they mean to the suite's own runner, and the lines are the runner's."
                + " The machine is that of 'synapic qemu', in this process, with a fixed calendar: the same seed gives"
                + " the same results."
        },
        footerHeading = "%nExit status:%n",
        footer = {
            "  0         all selected tests passed, were skipped or are known to fail",
            "  2         wrong usage or a bad configuration; nothing was run",
            "  6         a test failed; one that exceeds its time limit is among them",
            "  70        the engine failed while it ran a test",
            "  130       interrupted; the results so far were printed"
        })
final class KutCommand implements Callable<Integer> {
    private final Session session;

    @Parameters(index = "0", paramLabel = "CFG", description = "The build's unittests.cfg; the kernels lie beside it.")
    @SuppressWarnings("NullAway.Init") // filled by picocli
    private Path config;

    @Parameters(index = "1..*", paramLabel = "NAME", description = "The tests to run (default: all).")
    private List<String> names = List.of();

    @Option(
            names = {"-g", "--group"},
            paramLabel = "GROUP",
            description = "Only tests of that group.")
    private String group = "";

    @Option(
            names = {"-a", "--all"},
            description = "Also tests that are marked nodefault; all errata count as mended.")
    private boolean all;

    @Option(
            names = {"-j", "--parallel"},
            paramLabel = "N",
            description = "Tests at a time (default: one for each core).")
    private int workers = Runtime.getRuntime().availableProcessors();

    @Option(
            names = {"-t", "--timeout"},
            paramLabel = "T",
            description = "A time limit in place of the tests' own, in time of the host: 30, 90s, 2m; 0 is none.")
    private @Nullable String timeout;

    @Option(
            names = "--accel",
            paramLabel = "A",
            description = "kvm or tcg: what a test that asks for one of them is told. Both are the same engine; without"
                    + " this option each test gets what it asks for.")
    private String accel = "";

    @Option(
            names = "--no-check",
            description = "Do not look at the host's files that a test's 'check' names: they tell of the host's KVM.")
    private boolean noCheck;

    @Option(names = "--seed", paramLabel = "N", description = "As of 'synapic run' (default: 0).")
    private long seed;

    @Option(
            names = "--known",
            paramLabel = "F",
            description = "Tests that are known to fail, lines of NAME: REASON. They do not change the exit status.")
    private @Nullable Path known;

    @Option(
            names = {"-l", "--list"},
            description = "Print the names of the selected tests and run none.")
    private boolean list;

    @Option(names = "--json", description = "The results as JSON on standard output.")
    private boolean json;

    @Option(names = "--junit", paramLabel = "F.xml", description = "Write the results as JUnit's XML.")
    private @Nullable Path junit;

    @Option(
            names = "--markdown",
            paramLabel = "F.md",
            description = "Write a table; in a file that has them, between the lines <!-- kut:begin --> and"
                    + " <!-- kut:end -->.")
    private @Nullable Path markdown;

    @Option(names = "--logs", paramLabel = "DIR", description = "Write what each test prints to DIR/NAME.log.")
    private @Nullable Path logs;

    KutCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Console console = session.console();
        SuiteConfig suite = SuiteConfig.read(config);
        Selection selection = new Selection(names, group, all);
        List<UnitTest> tests = selection.of(config.toString(), suite.tests());
        suite.notes().forEach(note -> console.err().println("synapic kut: " + note));
        if (list) {
            tests.forEach(test -> console.out().println(test.name()));
            return ExitStatus.CLEAN;
        }
        SuiteOptions options = options();
        tests.forEach(options::timeoutOf);
        SuiteBuild build = SuiteBuild.of(config);
        KnownFailures failures = known == null ? KnownFailures.NONE : KnownFailures.read(known, suite.tests());
        OutputFile junitFile = junit == null ? null : OutputFile.checked("--junit", junit);
        OutputFile markdownFile = markdown == null ? null : OutputFile.checked("--markdown", markdown);
        String document = markdown != null && Files.exists(markdown) ? text(markdown) : "";
        KutMarkdown.inserted(document, List.of());
        createLogs();
        QemuRun guests = new QemuRun(Synapic.version());
        SuiteRun run = new SuiteRun(build, options, failures, guests, guests.version());
        List<TestResult> results = run(run, tests, selection);
        if (json) {
            console.out().println(KutJson.text(config.toString(), options, results, run.isInterrupted()));
        }
        console.out().flush();
        if (junitFile != null) {
            junitFile.write(KutJunit.text(results));
        }
        if (markdownFile != null) {
            markdownFile.write(KutMarkdown.inserted(document, results));
        }
        return run.isInterrupted() ? ExitStatus.INTERRUPTED : concluded(results);
    }

    private int concluded(List<TestResult> results) {
        Console console = session.console();
        KutSummary summary = KutSummary.of(results);
        for (TestResult result : results) {
            if (result.status() == TestResult.Status.PASS && result.known() != null) {
                String name = result.test().name();
                console.err().println("synapic kut: " + name + " passes, and --known lists it: " + result.known());
            }
        }
        if (console.interactive()) {
            console.err().println(summary.line());
        }
        return summary.exitStatus();
    }

    private List<TestResult> run(SuiteRun run, List<UnitTest> tests, Selection selection) {
        Console console = session.console();
        try (KutProgress progress = new KutProgress(console, tests.size(), json)) {
            return session.interruption().during(run::interrupt, () -> run.run(tests, selection, workers, progress));
        }
    }

    private SuiteOptions options() {
        if (workers < 1) {
            throw new ConfigurationException("-j " + workers + ": at least 1");
        }
        if (!accel.isEmpty() && !accel.equals("kvm") && !accel.equals("tcg")) {
            throw new ConfigurationException("--accel " + accel + ": kvm or tcg; both are the same engine");
        }
        TestTimeout limit = timeout == null ? null : TestTimeout.parse("--timeout", timeout);
        long epoch = PcConfig.standard().epochSeconds();
        return new SuiteOptions(accel, !noCheck, all, limit, seed, epoch, logs);
    }

    private void createLogs() {
        if (logs != null) {
            try {
                Files.createDirectories(logs);
            } catch (IOException e) {
                throw new ConfigurationException("--logs " + logs + ": cannot be made a directory: " + e.getMessage());
            }
            if (!Files.isWritable(logs)) {
                throw new ConfigurationException("--logs " + logs + ": may not be written (permission denied)");
            }
        }
    }

    private static String text(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new ConfigurationException("--markdown " + path + ": cannot be read as text: " + e.getMessage());
        }
    }
}
