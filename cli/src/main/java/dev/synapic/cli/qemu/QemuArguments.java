// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.ConfigurationException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Words of a command line as options with their arguments, in order; two dashes mean the same as one. */
final class QemuArguments {
    /** An option and its argument, empty where it takes none. */
    record Argument(QemuOption option, String value) {}

    private QemuArguments() {}

    static List<Argument> parse(List<String> words) {
        List<Argument> arguments = new ArrayList<>();
        Iterator<String> rest = words.iterator();
        while (rest.hasNext()) {
            String word = rest.next();
            if (!word.startsWith("-")) {
                throw new ConfigurationException(
                        "%s: there are no disks here; -kernel names what to boot".formatted(word));
            }
            QemuOption option = QemuOption.named(word.substring(word.startsWith("--") ? 2 : 1))
                    .orElseThrow(() -> new ConfigurationException(word + ": invalid option"));
            if (option.takesArgument() && !rest.hasNext()) {
                throw new ConfigurationException(word + ": requires an argument");
            }
            arguments.add(new Argument(option, option.takesArgument() ? rest.next() : ""));
        }
        return arguments;
    }
}
