// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.machine.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * What a module is built against: the headers of one kernel. Those that are installed, else those of Debian's packages, downloaded and unpacked in
 * the cache without being installed.
 */
final class KernelHeaders {
    private static final String SOURCES = "/usr/src/";

    private final Path cache;
    private final AptPackages apt = new AptPackages();

    KernelHeaders(Path cache) {
        this.cache = cache;
    }

    /**
     * The directory for {@code make -C}.
     *
     * @param release as {@code uname -r} says it
     * @param offline whether what is missing is an error rather than downloaded
     * @throws ConfigurationException where they cannot be had
     */
    Path directory(String release, boolean offline, Consumer<String> progress) {
        String name = "linux-headers-" + release;
        for (Path installed : List.of(Path.of("/lib/modules", release, "build"), Path.of("/usr/src", name))) {
            if (Files.isRegularFile(installed.resolve("Makefile"))) {
                return installed;
            }
        }
        Path home = cache.resolve(name);
        Path headers = home.resolve("usr/src").resolve(name);
        if (!Files.isRegularFile(headers.resolve("Makefile"))) {
            if (offline) {
                throw new ConfigurationException(name + " is not there, and --offline forbids to download it");
            }
            unpack(name, home, progress);
        }
        return headers;
    }

    private void unpack(String name, Path home, Consumer<String> progress) {
        List<String> packages = new ArrayList<>(List.of(name));
        packages.addAll(apt.dependencies(name, "linux-headers-", "linux-kbuild-"));
        try (WorkDirectory work = new WorkDirectory(cache)) {
            progress.accept("downloading " + name);
            List<Path> debs =
                    apt.download(packages, Files.createDirectory(work.path().resolve("packages")));
            Path made = Files.createDirectory(work.path().resolve("headers"));
            progress.accept("unpacking " + name);
            for (Path deb : debs) {
                HostProgram.Output output = HostProgram.run(null, "dpkg-deb", "-x", deb.toString(), made.toString());
                if (output.status() != 0) {
                    throw new ConfigurationException("dpkg-deb failed: " + output.lastLine());
                }
            }
            makeMovable(made.resolve("usr/src").resolve(name).resolve("Makefile"));
            WorkDirectory.publish(made, home);
        } catch (IOException e) {
            throw new ConfigurationException(home + " cannot be made: " + e.getMessage());
        }
    }

    /** Debian's Makefile for one kernel includes that of all kernels by where it is when installed. */
    private static void makeMovable(Path makefile) throws IOException {
        Files.writeString(makefile, Files.readString(makefile).replace(SOURCES, "../"));
    }
}
