// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.guests;

import dev.synapic.machine.BootModule;
import dev.synapic.machine.Machine;
import java.util.List;

/**
 * What a machine boots.
 *
 * @param image the kernel
 * @param commandLine its command line
 * @param modules what else is loaded: Multiboot modules, or the parts of Linux's initial RAM disk
 */
public record Boot(GuestImage image, String commandLine, List<BootModule> modules) {
    public Boot {
        modules = List.copyOf(modules);
    }

    public void loadInto(Machine machine) {
        image.loadInto(machine, commandLine, modules);
    }
}
