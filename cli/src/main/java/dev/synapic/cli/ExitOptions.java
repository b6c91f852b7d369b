// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.guests.GuestImage;
import dev.synapic.cli.report.ExitSymbols;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.Machine;
import dev.synapic.machine.symbols.GuestSymbols;
import dev.synapic.machine.symbols.SymbolFile;
import dev.synapic.machine.symbols.SymbolTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options about the exits of a run. */
final class ExitOptions {
    private static final String TABLE = "";
    private static final String SYMBOLS = "symbols";

    @Option(
            names = "--exits",
            arity = "0..1",
            fallbackValue = TABLE,
            paramLabel = SYMBOLS,
            description = "Print the exits in the columns of perf kvm stat; with =symbols also the guest's functions in"
                    + " which they happened, and their callers.")
    private @Nullable String exits;

    @Option(
            names = "--symbols",
            paramLabel = "F",
            description = "The guest's symbols for --exits=symbols, which this option implies: a System.map, output of"
                + " nm or /proc/kallsyms, or an ELF image. Without it they come from the kernel's ELF image, or from"
                + " where a running Linux keeps them.")
    private @Nullable Path file;

    @Option(names = "--per-vcpu", description = "The exits also of each vCPU.")
    private boolean perVcpu;

    private @Nullable SymbolTable given;

    ExitOptions() {}

    /** Whether a table is wanted. */
    boolean wanted() {
        return exits != null || perVcpu || file != null;
    }

    boolean perVcpu() {
        return perVcpu;
    }

    private boolean bySymbol() {
        return file != null || SYMBOLS.equals(exits);
    }

    /** Reads what the options name. */
    void read() {
        if (exits != null && !exits.equals(TABLE) && !exits.equals(SYMBOLS)) {
            throw new ConfigurationException("--exits=%s: alone, or with =symbols".formatted(exits));
        }
        Path path = file;
        if (path != null) {
            try {
                given = SymbolFile.parse("--symbols " + path, Files.readAllBytes(path));
            } catch (NoSuchFileException e) {
                throw new ConfigurationException("--symbols " + path + ": no such file");
            } catch (IOException e) {
                throw new ConfigurationException("--symbols " + path + ": cannot be read: " + e.getMessage());
            }
        }
    }

    /** Before a run: it keeps what the options need. */
    void prepare(Machine machine) {
        if (bySymbol()) {
            machine.exitSites().record();
        }
    }

    /** After a run: the exits by symbols; null where they are not wanted. */
    @Nullable
    ExitSymbols symbols(Machine machine, GuestImage image) {
        return bySymbol() ? new ExitSymbols(machine.exitSites().sites(), table(machine, image)) : null;
    }

    private SymbolTable table(Machine machine, GuestImage image) {
        if (given != null) {
            return GuestSymbols.ofFile("--symbols " + file, given, machine);
        }
        SymbolTable ofImage = image.symbols();
        return ofImage.size() > 0 ? ofImage : GuestSymbols.inMemoryOf(machine);
    }
}
