// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.kut;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a build of the suite was configured for, by the {@code config.mak} above its {@code unittests.cfg}; without that file
 * the defaults of an x86-64 build.
 *
 * @param directory where the kernels are
 * @param arch i386 or x86_64
 * @param environment whether a test gets its environment as an initial RAM disk
 */
public record SuiteBuild(Path directory, String arch, boolean environment) {
    private static final String X86_64 = "x86_64";

    /** Throws {@link ConfigurationException} where the build is for other machines than ours. */
    public static SuiteBuild of(Path config) {
        Path parent = config.getParent();
        Path directory = parent == null ? Path.of("") : parent;
        Map<String, String> settings = settings(directory.resolve("..").resolve("config.mak"));
        String arch = settings.getOrDefault("ARCH", X86_64);
        if (!arch.equals(X86_64) && !arch.equals("i386")) {
            throw new ConfigurationException(config + ": this build is for " + arch + ", and the machine is an x86");
        }
        if (settings.getOrDefault("CONFIG_EFI", "").equals("y")) {
            throw new ConfigurationException(
                    config + ": this build is for EFI, which the machine has not; configure it without --enable-efi");
        }
        return new SuiteBuild(
                directory, arch, settings.getOrDefault("ENVIRON_DEFAULT", "yes").equals("yes"));
    }

    private static Map<String, String> settings(Path path) {
        if (!Files.isRegularFile(path)) {
            return Map.of();
        }
        try {
            return Files.readAllLines(path).stream()
                    .map(line -> line.split("=", 2))
                    .filter(pair -> pair.length == 2)
                    .collect(Collectors.toMap(pair -> pair[0].strip(), pair -> pair[1].strip(), (a, b) -> b));
        } catch (IOException e) {
            throw new ConfigurationException(path + ": cannot be read as text: " + e.getMessage());
        }
    }

    Path kernel(UnitTest test) {
        return directory.resolve(test.file());
    }
}
