// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The environment that a test finds in its initial RAM disk: lines {@code NAME=value}, those that the suite's runner writes.
 *
 * <p>Under tcg, as under {@code --all}, all errata count as mended. The runner's table of errata is not read: each of them is
 * about ARM.
 */
final class TestEnvironment {
    private static final String[] VERSION = {"QEMU_MAJOR", "QEMU_MINOR", "QEMU_MICRO"};
    private static final int WORDS_BEFORE_VERSION = 3;

    private TestEnvironment() {}

    /**
     * The file's text.
     *
     * @param accel kvm or tcg
     * @param qemuVersion the first line of QEMU's help
     * @param kernelVersion the host's, as uname -r has it
     */
    static String text(String accel, String qemuVersion, String kernelVersion, boolean allErrata) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("TARGET", "");
        environment.put("QEMU_ACCEL", accel);
        environment.put("QEMU_VERSION_STRING", qemuVersion);
        String[] words = qemuVersion.split("[ .]", -1);
        for (int i = 0; i < VERSION.length; i++) {
            environment.put(VERSION[i], at(words, WORDS_BEFORE_VERSION + i));
        }
        String[] parts = kernelVersion.split("\\.", WORDS_BEFORE_VERSION);
        String[] rest = at(parts, 2).split("-", 2);
        environment.put("KERNEL_VERSION_STRING", kernelVersion);
        environment.put("KERNEL_VERSION", at(parts, 0));
        environment.put("KERNEL_PATCHLEVEL", at(parts, 1));
        environment.put("KERNEL_SUBLEVEL", leadingDigits(at(rest, 0)));
        environment.put("KERNEL_EXTRAVERSION", leadingDigits(at(rest, 1)));
        if (allErrata || accel.equals("tcg")) {
            environment.put("ERRATA_FORCE", "y");
        }
        return environment.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue() + "\n")
                .collect(Collectors.joining());
    }

    private static String at(String[] words, int index) {
        return index < words.length ? words[index] : "";
    }

    private static String leadingDigits(String text) {
        return text.replaceFirst("[^0-9].*", "");
    }
}
