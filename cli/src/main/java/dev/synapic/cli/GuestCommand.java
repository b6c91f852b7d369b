// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import dev.synapic.cli.debian.DebianGuests;
import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.cli.terminal.Console;
import dev.synapic.cli.terminal.ExitStatus;
import dev.synapic.cli.terminal.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command {@code synapic guest}. */
@Command(
        name = "guest",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Prepares guests to run.")
final class GuestCommand implements Runnable {
    private final Session session;

    GuestCommand(Session session) {
        this.session = session;
    }

    @Override
    public void run() {
        session.console().out().println("Try: synapic guest debian --help");
    }

    @Command(
            name = "debian",
            mixinStandardHelpOptions = true,
            sortOptions = false,
            description = {
                "Prepares a kernel and an initial RAM disk from Debian's packages, and says where they are.",
                "",
                "Needs apt-get, or the packages' files by --deb. What is prepared stays in the cache and is taken from"
                        + " there."
            })
    int debian(
            @Option(
                            names = "--kernel",
                            paramLabel = "K",
                            defaultValue = "",
                            description = "6.1, 6.12 or the name of a package (default: the release's own kernel for"
                                    + " clouds).")
                    String kernel,
            @Option(
                            names = "--modules",
                            paramLabel = "A,B",
                            split = ",",
                            description = "Further modules to load, with those that they need.")
                    @Nullable
                    List<String> modules,
            @Option(
                            names = "--deb",
                            paramLabel = "F",
                            arity = "1..*",
                            description = "Packages' files: a kernel's and busybox-static's.")
                    @Nullable
                    List<Path> packages,
            @Option(
                            names = "--cache",
                            paramLabel = "DIR",
                            description = "Where it is kept (default: synapic in the user's cache directory).")
                    @Nullable
                    Path cache,
            @Option(names = "--offline", description = "Take it from the cache only.") boolean offline,
            @Option(names = "--json", description = "The result as JSON.") boolean json) {
        Console console = session.console();
        DebianGuests guests = new DebianGuests(cache == null ? DebianGuests.userCache() : cache.toAbsolutePath());
        DebianGuests.Recipe recipe = new DebianGuests.Recipe(
                kernel, modules == null ? List.of() : modules, packages == null ? List.of() : packages);
        LinuxGuest guest = guests.prepare(recipe, offline, what -> {
            if (console.interactive()) {
                console.err().println("synapic: " + what);
            }
        });
        print(guest, json);
        return ExitStatus.CLEAN;
    }

    private void print(LinuxGuest guest, boolean json) {
        Console console = session.console();
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("release", guest.release());
        fields.put("kernel", guest.kernel().toString());
        fields.put("initrd", guest.initrd().toString());
        fields.put("append", guest.append());
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("schema", "synapic.guest/1");
            object.putAll(fields);
            console.out().println(Json.text(object));
        } else {
            fields.forEach((name, value) -> console.out().printf("%-10s %s%n", name, value));
        }
    }
}
