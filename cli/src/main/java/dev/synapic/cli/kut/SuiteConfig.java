// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A {@code unittests.cfg}: sections of {@code key = value}.
 *
 * <p>Source: the format's description that comes with kvm-unit-tests, and what its runner does beyond it: {@code qemu_params}
 * is {@code extra_params}, a later line wins, a text between three quotes goes over several lines, and a backslash before a
 * line's end joins the lines unless it is itself escaped.
 *
 * @param tests in the file's order
 * @param notes what was not understood and is ignored, one line each
 */
public record SuiteConfig(List<UnitTest> tests, List<String> notes) {
    static final String FILE = "file";
    static final String SMP = "smp";
    static final String TEST_ARGS = "test_args";
    static final String EXTRA_PARAMS = "extra_params";
    static final String GROUPS = "groups";
    static final String ARCH = "arch";
    static final String CHECK = "check";
    static final String ACCEL = "accel";
    static final String TIMEOUT = "timeout";
    static final String DISABLED_IF = "disabled_if";

    private static final String QEMU_PARAMS = "qemu_params";
    /** {@code machine} chooses among an architecture's boards, which x86 has not; {@code kvmtool_params} are another's. */
    private static final Set<String> WITHOUT_MEANING = Set.of("machine", "kvmtool_params");

    private static final Set<String> KEYS =
            Set.of(FILE, SMP, TEST_ARGS, EXTRA_PARAMS, GROUPS, ARCH, CHECK, ACCEL, TIMEOUT, DISABLED_IF);
    private static final String QUOTES = "\"\"\"";
    private static final Pattern SECTION = Pattern.compile("\\[(.*)]");
    private static final Pattern ASSIGNMENT = Pattern.compile("(\\w+) *= *(.*)");
    private static final Pattern CONTINUED = Pattern.compile("(?:.*[^\\\\])?(\\\\+)");

    public SuiteConfig {
        tests = List.copyOf(tests);
        notes = List.copyOf(notes);
    }

    /** Throws {@link ConfigurationException} where the file cannot be read or is no such file. */
    public static SuiteConfig read(Path path) {
        try {
            return parse(path.toString(), Files.readAllLines(path));
        } catch (NoSuchFileException e) {
            throw new ConfigurationException(path + ": no such file");
        } catch (IOException e) {
            throw new ConfigurationException(path + ": cannot be read as text: " + e.getMessage());
        }
    }

    static SuiteConfig parse(String name, List<String> lines) {
        Reader reader = new Reader(name, lines.iterator());
        reader.read();
        if (reader.tests.isEmpty()) {
            throw new ConfigurationException(name + ": no test in it: a test begins with a line [name]");
        }
        return new SuiteConfig(reader.tests, reader.notes);
    }

    /** The state of one reading. */
    private static final class Reader {
        private final String name;
        private final Iterator<String> lines;
        private final List<UnitTest> tests = new ArrayList<>();
        private final List<String> notes = new ArrayList<>();
        private int line;
        private int begin;

        @Nullable
        private String section;

        private Map<String, String> values = new HashMap<>();

        Reader(String name, Iterator<String> lines) {
            this.name = name;
            this.lines = lines;
        }

        private String next() {
            line++;
            return lines.next();
        }

        void read() {
            while (lines.hasNext()) {
                read(next().strip());
            }
            endSection();
        }

        private void read(String text) {
            Matcher header = SECTION.matcher(text);
            Matcher assignment = ASSIGNMENT.matcher(text);
            if (text.isEmpty() || text.startsWith("#")) {
                return;
            }
            if (header.matches()) {
                endSection();
                section = header.group(1);
                begin = line;
            } else if (assignment.matches()) {
                assign(assignment.group(1), assignment.group(2));
            } else {
                note("this is neither [name] nor key = value");
            }
        }

        private void assign(String key, String text) {
            String known = key.equals(QEMU_PARAMS) ? EXTRA_PARAMS : key;
            boolean lasting = known.equals(EXTRA_PARAMS) || WITHOUT_MEANING.contains(known);
            String value = lasting && text.startsWith(QUOTES) ? quoted(text.substring(QUOTES.length())) : text;
            if (KEYS.contains(known)) {
                if (section == null) {
                    note("'" + key + "' before the first [name]");
                } else {
                    values.put(known, value);
                }
            } else if (!WITHOUT_MEANING.contains(known)) {
                note("there is no key '" + key + "'");
            }
        }

        /** The text up to three quotes that end a line. */
        private String quoted(String first) {
            int opened = line;
            StringBuilder text = new StringBuilder();
            String piece = first;
            while (!piece.stripTrailing().endsWith(QUOTES)) {
                if (!lines.hasNext()) {
                    throw new ConfigurationException(
                            "%s:%d: the text that begins with %s has no end".formatted(name, opened, QUOTES));
                }
                text.append(continued(piece) ? piece.substring(0, piece.length() - 1) : piece + "\n");
                piece = next();
            }
            String last = piece.stripTrailing();
            return text.append(last, 0, last.length() - QUOTES.length()).toString();
        }

        private static boolean continued(String text) {
            Matcher backslashes = CONTINUED.matcher(text);
            return backslashes.matches() && backslashes.group(1).length() % 2 == 1;
        }

        private void note(String what) {
            notes.add("%s:%d: %s; ignored".formatted(name, line, what));
        }

        private void endSection() {
            if (section != null) {
                tests.add(new UnitTest(section, begin, values));
            }
            values = new HashMap<>();
        }
    }
}
