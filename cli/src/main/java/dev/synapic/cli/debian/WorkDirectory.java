// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory in the cache in which something is made; what is left in it at the end is removed. */
final class WorkDirectory implements AutoCloseable {
    private final Path path;

    WorkDirectory(Path cache) throws IOException {
        Files.createDirectories(cache);
        this.path = Files.createTempDirectory(cache, "preparing-");
    }

    Path path() {
        return path;
    }

    /** Moves a file or directory that was made here to its place as a whole. Where another process was faster, its result stays. */
    static void publish(Path made, Path home) throws IOException {
        Files.createDirectories(home.toAbsolutePath().getParent());
        try {
            Files.move(made, home, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw e;
        } catch (IOException e) {
            if (!Files.exists(home, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | UncheckedIOException e) {
            // What is left is in the cache, where it does no harm.
        }
    }
}
