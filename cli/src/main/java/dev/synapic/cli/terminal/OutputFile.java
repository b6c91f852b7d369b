// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.terminal;

import dev.synapic.machine.ConfigurationException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that the user wants written: checked before the work begins, created only when there is something to write. */
public final class OutputFile {
    private final String option;
    private final Path path;

    private OutputFile(String option, Path path) {
        this.option = option;
        this.path = path;
    }

    /** Throws {@link ConfigurationException} where the file could not be written. */
    public static OutputFile checked(String option, Path path) {
        OutputFile file = new OutputFile(option, path);
        Path directory = path.toAbsolutePath().getParent();
        if (Files.isDirectory(path)) {
            throw file.refuse("is a directory");
        }
        if (directory == null || !Files.isDirectory(directory)) {
            throw file.refuse("there is no directory " + directory);
        }
        if (!Files.isWritable(Files.exists(path) ? path : directory)) {
            throw file.refuse("may not be written (permission denied)");
        }
        return file;
    }

    public void write(String text) {
        try {
            Files.writeString(path, text);
        } catch (IOException e) {
            throw refuse("cannot be written: " + e.getMessage());
        }
    }

    /** Creates the file, to be written bit by bit. */
    public BufferedWriter open() {
        try {
            return Files.newBufferedWriter(path);
        } catch (IOException e) {
            throw refuse("cannot be written: " + e.getMessage());
        }
    }

    private ConfigurationException refuse(String why) {
        return new ConfigurationException(option + " " + path + ": " + why);
    }
}
