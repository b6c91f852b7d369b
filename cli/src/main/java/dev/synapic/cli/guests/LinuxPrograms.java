// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.guests;

import java.io.IOException;
import java.io.InputStream;
import java.util.SortedMap;
import java.util.TreeMap;

/** What runs inside a Linux guest: our own programs, built, and the sources of our modules, which fit one kernel only once built. */
public final class LinuxPrograms {
    private LinuxPrograms() {}

    /** The static program of guests/linux/membarrier. */
    public static byte[] membarrier() {
        return resource("linux/membarrier");
    }

    /** The sources of guests/linux/ipi_bench by file name. */
    public static SortedMap<String, byte[]> ipiBenchSources() {
        SortedMap<String, byte[]> sources = new TreeMap<>();
        for (String file : new String[] {"Makefile", "ipi_bench.c"}) {
            sources.put(file, resource("linux/ipi_bench/" + file));
        }
        return sources;
    }

    private static byte[] resource(String name) {
        try (InputStream in = LinuxPrograms.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is not part of this build");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new IllegalStateException(name + " cannot be read", e);
        }
    }
}
