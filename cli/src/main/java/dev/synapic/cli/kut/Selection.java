// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.machine.ConfigurationException;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which tests of a suite somebody wants.
 *
 * @param names all where empty
 * @param group all where empty
 * @param all whether tests that are marked nodefault run without being asked for by their group
 */
public record Selection(List<String> names, String group, boolean all) {
    public Selection {
        names = List.copyOf(names);
    }

    /** Those that are named, in the suite's order; throws {@link ConfigurationException} where a name means nothing. */
    public List<UnitTest> of(String config, List<UnitTest> tests) {
        for (String name : names) {
            if (tests.stream().noneMatch(test -> test.name().equals(name))) {
                throw new ConfigurationException(
                        "%s: no test is named '%s'; nearest is '%s'".formatted(config, name, nearest(name, tests)));
            }
        }
        if (!group.isEmpty() && tests.stream().noneMatch(test -> test.isIn(group))) {
            throw new ConfigurationException(
                    "-g %s: no test is in that group; there are %s".formatted(group, String.join(", ", groups(tests))));
        }
        return tests.stream()
                .filter(test -> names.isEmpty() || names.contains(test.name()))
                .filter(test -> group.isEmpty() || test.isIn(group))
                .toList();
    }

    /** The name that begins most alike. */
    private static String nearest(String name, List<UnitTest> tests) {
        return tests.stream()
                .map(UnitTest::name)
                .max(Comparator.comparingInt(other -> commonPrefix(name, other)))
                .orElseThrow();
    }

    private static int commonPrefix(String a, String b) {
        int length = 0;
        while (length < Math.min(a.length(), b.length()) && a.charAt(length) == b.charAt(length)) {
            length++;
        }
        return length;
    }

    private static Set<String> groups(List<UnitTest> tests) {
        Set<String> groups = new TreeSet<>();
        for (UnitTest test : tests) {
            groups.addAll(List.of(test.groups().strip().split("\\s+")));
        }
        groups.remove("");
        return groups;
    }

    /** Whether a test waits to be asked for by its group, even where it is named. */
    boolean holdsBack(UnitTest test) {
        return group.isEmpty() && !all && test.isIn("nodefault");
    }
}
