// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.Machine;
import dev.synapic.machine.loader.Linux;
import dev.synapic.machine.loader.Multiboot;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The kernel and its modules, read once and loaded at each start of the machine. */
final class BootFiles {
    private static final long MOST_BYTES = 1L << 30;

    private final String name;
    private final byte[] kernel;
    private final String commandLine;
    private final List<BootModule> modules;

    private BootFiles(String name, byte[] kernel, String commandLine, List<BootModule> modules) {
        this.name = name;
        this.kernel = kernel;
        this.commandLine = commandLine;
        this.modules = modules;
    }

    static BootFiles read(@Nullable String kernel, @Nullable String append, @Nullable String initrd) {
        if (kernel == null) {
            if (append != null) {
                throw new ConfigurationException("-append only allowed with -kernel option");
            }
            if (initrd != null) {
                throw new ConfigurationException("-initrd only allowed with -kernel option");
            }
            throw new ConfigurationException(
                    "nothing to boot: there are no disks here; -kernel names a Multiboot-1 kernel");
        }
        byte[] image = kernelImage(kernel);
        return new BootFiles(
                kernel,
                image,
                commandLine(kernel, image, append == null ? "" : append),
                initrd == null ? List.of() : modules(initrd));
    }

    /** Multiboot has the kernel's name in front. */
    private static String commandLine(String kernel, byte[] image, String append) {
        return Linux.isBzImage(image) || !Multiboot.isMultiboot(image) ? append : (kernel + " " + append).strip();
    }

    private static byte[] kernelImage(String kernel) {
        if (Files.isDirectory(Path.of(kernel))) {
            throw new KernelError("could not load kernel '%s': Is a directory".formatted(kernel));
        }
        try {
            return Files.readAllBytes(Path.of(kernel));
        } catch (IOException e) {
            throw new KernelError("could not open kernel file '%s': %s".formatted(kernel, reason(e)));
        }
    }

    /** An argument of {@code -initrd}, "file args,file args": each is a module, and its text is the module's string. */
    static List<BootModule> modules(String initrd) {
        List<BootModule> modules = new ArrayList<>();
        for (String word : KeyValues.words(initrd)) {
            String file = word.split(" ", 2)[0];
            try {
                if (Files.size(Path.of(file)) > MOST_BYTES) {
                    throw new ConfigurationException("-initrd %s: is larger than 1 GiB".formatted(file));
                }
                modules.add(new BootModule(word, Files.readAllBytes(Path.of(file))));
            } catch (IOException e) {
                throw new ConfigurationException("Failed to open file '%s': %s".formatted(file, reason(e)));
            }
        }
        return modules;
    }

    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "No such file or directory";
        }
        return e instanceof AccessDeniedException ? "Permission denied" : String.valueOf(e.getMessage());
    }

    void loadInto(Machine machine) {
        try {
            machine.loadKernel(name, kernel, commandLine, modules);
        } catch (ConfigurationException e) {
            throw new KernelError("could not load kernel " + e.getMessage());
        }
    }
}
