// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file of the host that a test asks for, such as a parameter of its kernel. */
final class HostFile {
    private HostFile() {}

    /** Whether it is there, can be read and holds that text, line ends at its end aside. */
    static boolean holds(String path, String text) {
        try {
            Path file = Path.of(path);
            return Files.isRegularFile(file)
                    && Files.readString(file).replaceFirst("\\n+$", "").equals(text);
        } catch (IOException e) {
            return false;
        }
    }
}
