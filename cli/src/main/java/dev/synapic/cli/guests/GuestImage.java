// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.guests;

import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.Machine;
import dev.synapic.machine.loader.Linux;
import dev.synapic.machine.loader.Pvh;
import dev.synapic.machine.symbols.ElfSymbols;
import dev.synapic.machine.symbols.SymbolTable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** A kernel image: one of our own guest programs, or a user's file. */
public final class GuestImage {
    /** The programs that come with the command line. */
    public static final List<String> PACKED =
            List.of("hello-smp", "ipi-bench", "ipi-bench-twice", "ipi-bench32", "synic-demo", "lost-ipi-halt");

    private static final long MOST_BYTES = 1L << 30;

    private final String name;
    private final byte[] bytes;

    private GuestImage(String name, byte[] bytes) {
        this.name = name;
        this.bytes = bytes;
    }

    /** One of our own programs. */
    public static GuestImage packed(String name) {
        if (!PACKED.contains(name)) {
            throw new ConfigurationException("--guest %s: there are %s".formatted(name, String.join(", ", PACKED)));
        }
        try (InputStream in = GuestImage.class.getResourceAsStream(name + ".elf")) {
            if (in == null) {
                throw new IllegalStateException("guest image " + name + " is not part of this build");
            }
            return new GuestImage(name, in.readAllBytes());
        } catch (IOException e) {
            throw new IllegalStateException("guest image " + name + " cannot be read", e);
        }
    }

    /** A user's kernel. */
    public static GuestImage file(Path path) {
        if (Files.isDirectory(path)) {
            throw refuse(path, "is a directory, not a kernel");
        }
        try {
            if (Files.size(path) > MOST_BYTES) {
                throw refuse(path, "is larger than 1 GiB");
            }
            byte[] bytes = Files.readAllBytes(path);
            if (bytes.length == 0) {
                throw refuse(path, "is empty");
            }
            return new GuestImage(path.toString(), bytes);
        } catch (NoSuchFileException e) {
            throw refuse(path, "no such file");
        } catch (AccessDeniedException e) {
            throw refuse(path, "may not be read (permission denied)");
        } catch (IOException e) {
            throw refuse(path, "cannot be read: " + e.getMessage());
        }
    }

    /** Puts it into a machine, without modules. */
    public void loadInto(Machine machine, String commandLine) {
        loadInto(machine, commandLine, List.of());
    }

    /** Puts it into a machine. */
    public void loadInto(Machine machine, String commandLine, List<BootModule> modules) {
        machine.loadKernel(name, bytes, commandLine, modules);
    }

    /** Whether it is a Linux kernel. */
    public boolean isLinux() {
        return Linux.isBzImage(bytes) || Pvh.isLinux(bytes);
    }

    /** What its ELF image tells of its symbols; empty where it is none, or was stripped. */
    public SymbolTable symbols() {
        return SymbolTable.of(ElfSymbols.of(bytes));
    }

    public String name() {
        return name;
    }

    private static ConfigurationException refuse(Path path, String why) {
        return new ConfigurationException("-kernel " + path + ": " + why);
    }
}
