// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tests that are known to fail, each with its reason: lines of a name and, after a colon, why. A line that begins with # is a
 * comment.
 *
 * @param reasons by the tests' names
 */
public record KnownFailures(Map<String, String> reasons) {
    /** Nothing is known to fail. */
    public static final KnownFailures NONE = new KnownFailures(Map.of());

    private static final int NAME_AND_REASON = 2;

    public KnownFailures {
        reasons = Map.copyOf(reasons);
    }

    /** Throws {@link ConfigurationException} where the file cannot be read, lacks a reason, or names a test that is none. */
    public static KnownFailures read(Path path, List<UnitTest> tests) {
        Map<String, String> reasons = new LinkedHashMap<>();
        try {
            int number = 0;
            for (String line : Files.readAllLines(path)) {
                number++;
                if (!line.isBlank() && !line.startsWith("#")) {
                    String[] parts = line.split(":", NAME_AND_REASON);
                    String name = parts[0].strip();
                    String reason = parts.length < NAME_AND_REASON ? "" : parts[1].strip();
                    check("--known %s:%d: ".formatted(path, number), name, reason, tests);
                    reasons.put(name, reason);
                }
            }
        } catch (NoSuchFileException e) {
            throw new ConfigurationException("--known " + path + ": no such file");
        } catch (IOException e) {
            throw new ConfigurationException("--known " + path + ": cannot be read as text: " + e.getMessage());
        }
        return new KnownFailures(reasons);
    }

    private static void check(String where, String name, String reason, List<UnitTest> tests) {
        if (tests.stream().noneMatch(test -> test.name().equals(name))) {
            throw new ConfigurationException(where + "no test is named '" + name + "'");
        }
        if (reason.isEmpty()) {
            throw new ConfigurationException(where + "why does it fail? Write " + name + ": REASON");
        }
    }

    TestResult applied(TestResult result) {
        String why = reasons.get(result.test().name());
        return why == null ? result : result.knownFor(why);
    }
}
