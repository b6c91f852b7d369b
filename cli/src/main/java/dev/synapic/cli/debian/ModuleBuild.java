// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;

/** Builds a kernel module from its sources with the host's make and gcc, once for each kernel, and keeps it in the cache. */
public final class ModuleBuild {
    private final Path cache;

    public ModuleBuild(Path cache) {
        this.cache = cache;
    }

    /**
     * The module's file.
     *
     * @param name of the module; {@code name.ko} is what its Makefile builds
     * @param sources content by file name, a Makefile among them
     * @param release of the kernel, as {@code uname -r} says it
     * @throws ConfigurationException where it cannot be built; the message says what is missing
     */
    public byte[] module(
            String name,
            SortedMap<String, byte[]> sources,
            String release,
            boolean offline,
            Consumer<String> progress) {
        Path home = cache.resolve("%s-%s-%s.ko".formatted(name, release, key(sources)));
        try {
            if (!Files.isRegularFile(home)) {
                Path headers = new KernelHeaders(cache).directory(release, offline, progress);
                progress.accept("building " + name + " for " + release);
                build(name, sources, headers, home);
            }
            return Files.readAllBytes(home);
        } catch (IOException e) {
            throw new ConfigurationException(home + " cannot be made: " + e.getMessage());
        }
    }

    private void build(String name, SortedMap<String, byte[]> sources, Path headers, Path home) throws IOException {
        try (WorkDirectory work = new WorkDirectory(cache)) {
            for (Map.Entry<String, byte[]> source : sources.entrySet()) {
                Files.write(work.path().resolve(source.getKey()), source.getValue());
            }
            HostProgram.Output output = make(work.path(), headers);
            if (output.status() != 0) {
                throw new ConfigurationException("make failed: " + complaint(output));
            }
            WorkDirectory.publish(work.path().resolve(name + ".ko"), home);
        }
    }

    private static HostProgram.Output make(Path directory, Path headers) {
        try {
            return HostProgram.run(directory, "make", "KDIR=" + headers);
        } catch (IOException e) {
            throw new ConfigurationException("there is no make here; a module needs make and gcc");
        }
    }

    /** The first line that says what is wrong; make's own last lines only say that something was. */
    private static String complaint(HostProgram.Output output) {
        return output.text()
                .lines()
                .filter(line -> line.contains("error:") || line.contains("not found") || line.contains("No such file"))
                .findFirst()
                .orElse(output.lastLine())
                .strip();
    }

    private static String key(SortedMap<String, byte[]> sources) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            sources.forEach((file, content) -> {
                digest.update(file.getBytes(StandardCharsets.UTF_8));
                digest.update(content);
            });
            return HexFormat.of().formatHex(digest.digest(), 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
