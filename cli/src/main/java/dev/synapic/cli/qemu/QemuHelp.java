// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.CpuFeature;
import dev.synapic.machine.CpuModel;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What QEMU prints when it is asked what there is. */
final class QemuHelp {
    /** The name that messages begin with. */
    static final String PROGRAM = "qemu-system-x86_64";
    /** The version of QEMU whose command line this is: scripts compare it. */
    private static final String COMPATIBLE_VERSION = "7.2.0";

    private static final int HELP_COLUMN = 16;

    private QemuHelp() {}

    static List<String> version(String synapicVersion) {
        return List.of("QEMU emulator version " + COMPATIBLE_VERSION + " (" + synapicVersion + ")");
    }

    static List<String> help(String synapicVersion) {
        List<String> lines = new ArrayList<>(version(synapicVersion));
        lines.add("usage: " + PROGRAM + " [options]");
        lines.add("");
        lines.add("This is Synapic behind QEMU's command line: one software engine, deterministic, without hardware");
        lines.add("virtualization. -accel kvm and -accel tcg both mean it. What is not listed is refused.");
        lines.add("");
        for (QemuOption option : QemuOption.values()) {
            String synopsis = option.synopsis();
            if (synopsis.length() < HELP_COLUMN) {
                lines.add(synopsis + " ".repeat(HELP_COLUMN - synopsis.length()) + option.help());
            } else {
                lines.add(synopsis);
                lines.add(" ".repeat(HELP_COLUMN) + option.help());
            }
        }
        return lines;
    }

    static List<String> accelerators() {
        return List.of("Accelerators supported in QEMU binary:", "tcg", "kvm");
    }

    static List<String> machines() {
        return List.of(
                "Supported machines are:",
                "pc                   Standard PC (default)",
                "q35                  Standard PC (the same board)");
    }

    static List<String> cpus() {
        List<String> lines = new ArrayList<>(List.of("Available CPUs:"));
        CpuModel.names().forEach(name -> lines.add("x86 " + name));
        lines.add("");
        lines.add("Recognized CPUID flags:");
        lines.add("  "
                + String.join(
                        " ",
                        Stream.of(CpuFeature.values())
                                .map(CpuFeature::flag)
                                .sorted()
                                .toList()));
        return lines;
    }
}
