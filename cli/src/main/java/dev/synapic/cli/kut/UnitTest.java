// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.util.Map;

/**
 * One section of a {@code unittests.cfg}, its values as they are written there.
 *
 * @param line where the section begins, from 1
 */
public record UnitTest(String name, int line, Map<String, String> values) {
    /** What a test without {@code timeout} has, as the runner has it. */
    private static final String STANDARD_TIMEOUT = "90s";

    public UnitTest {
        values = Map.copyOf(values);
    }

    /** A value, empty where the section has no such key. */
    private String value(String key) {
        return values.getOrDefault(key, "");
    }

    String file() {
        return value(SuiteConfig.FILE);
    }

    String smp() {
        return values.getOrDefault(SuiteConfig.SMP, "1");
    }

    String testArgs() {
        return value(SuiteConfig.TEST_ARGS);
    }

    /** Options for QEMU. */
    String params() {
        return value(SuiteConfig.EXTRA_PARAMS);
    }

    public String groups() {
        return value(SuiteConfig.GROUPS);
    }

    boolean isIn(String group) {
        return (" " + groups() + " ").contains(" " + group + " ");
    }

    String arch() {
        return value(SuiteConfig.ARCH);
    }

    String check() {
        return value(SuiteConfig.CHECK);
    }

    String accel() {
        return value(SuiteConfig.ACCEL);
    }

    String timeout() {
        String own = value(SuiteConfig.TIMEOUT);
        return own.isEmpty() ? STANDARD_TIMEOUT : own;
    }

    String disabledIf() {
        return value(SuiteConfig.DISABLED_IF);
    }
}
