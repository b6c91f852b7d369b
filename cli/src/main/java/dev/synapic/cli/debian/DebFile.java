// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.machine.ConfigurationException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Reads files out of a Debian package without installing it: deb(5), an ar archive with a tar archive {@code data.tar} in it, plain or packed
 * by gzip or xz. Nothing is written anywhere: what a package calls its files never becomes a path on this host.
 */
final class DebFile {
    private static final String DATA = "data.tar";
    /** A kernel and its modules have about 100 MiB; no single file in them is near this. */
    private static final int MOST_FILE_BYTES = 256 << 20;

    private final Path path;

    DebFile(Path path) {
        this.path = path;
    }

    /**
     * The regular files whose paths are wanted, with what is in them. Paths have no slash in front, and no {@code usr/} before {@code lib} and
     * {@code bin}: whether the release has merged them does not matter.
     */
    Map<String, byte[]> files(Predicate<String> wanted) {
        try (InputStream file = new BufferedInputStream(Files.newInputStream(path));
                ArArchiveInputStream ar = new ArArchiveInputStream(file)) {
            for (ArArchiveEntry entry = ar.getNextEntry(); entry != null; entry = ar.getNextEntry()) {
                if (entry.getName().startsWith(DATA)) {
                    return read(new TarArchiveInputStream(unpacked(entry.getName(), ar)), wanted);
                }
            }
        } catch (NoSuchFileException e) {
            throw refuse("no such file");
        } catch (IOException | IllegalArgumentException e) {
            throw refuse("is damaged or no Debian package: " + e.getMessage());
        }
        throw refuse("has no " + DATA + " in it");
    }

    private InputStream unpacked(String name, InputStream in) throws IOException {
        return switch (name.substring(DATA.length())) {
            case "" -> in;
            case ".gz" -> new GZIPInputStream(in);
            case ".xz" -> new XZInputStream(in);
            default -> throw refuse("its " + name + " is packed in a way that is not known here; gzip and xz are");
        };
    }

    private Map<String, byte[]> read(TarArchiveInputStream tar, Predicate<String> wanted) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            String name = entry.getName().replaceFirst("^\\.?/", "").replaceFirst("^usr/(?=lib/|bin/)", "");
            if (entry.isFile() && wanted.test(name)) {
                if (entry.getSize() > MOST_FILE_BYTES) {
                    throw refuse(name + " in it is larger than 256 MiB");
                }
                byte[] content = tar.readNBytes((int) entry.getSize());
                if (content.length != entry.getSize()) {
                    throw refuse("ends in the middle of " + name);
                }
                files.put(name, content);
            }
        }
        return files;
    }

    private ConfigurationException refuse(String why) {
        return new ConfigurationException(path + ": " + why);
    }
}
