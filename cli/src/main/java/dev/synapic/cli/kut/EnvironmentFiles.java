// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The initial RAM disks of a run, one for each accelerator, in temporary files. Threading: any. */
final class EnvironmentFiles implements AutoCloseable {
    private final Map<String, Path> files = new HashMap<>();
    private final String qemuVersion;
    private final boolean allErrata;

    EnvironmentFiles(String qemuVersion, boolean allErrata) {
        this.qemuVersion = qemuVersion;
        this.allErrata = allErrata;
    }

    synchronized Path of(String accel) {
        return files.computeIfAbsent(accel, this::write);
    }

    private Path write(String accel) {
        try {
            Path file = Files.createTempFile("synapic-kut-", ".env");
            file.toFile().deleteOnExit();
            String kernel = System.getProperty("os.version", "");
            return Files.writeString(file, TestEnvironment.text(accel, qemuVersion, kernel, allErrata));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        for (Path file : files.values()) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
