// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli;

import java.lang.module.ModuleDescriptor;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The command {@code synapic}. */
@Command(
        name = "synapic",
        mixinStandardHelpOptions = true,
        versionProvider = Synapic.Version.class,
        description = "The x86 virtual interrupt fabric, and a virtual machine that runs real guests on it.")
public final class Synapic implements Runnable {
    private Synapic() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Synapic()).execute(args));
    }

    @Override
    public void run() {
        new CommandLine(this).usage(System.out);
    }

    /** The version that the build recorded in the module's descriptor. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Optional.ofNullable(Synapic.class.getModule().getDescriptor())
                    .flatMap(ModuleDescriptor::rawVersion)
                    .orElse("(development)");
            return new String[] {"Synapic " + version};
        }
    }
}
