// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.cli.guests.Boot;
import dev.synapic.cli.guests.GuestImage;
import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.DiskConfig;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Linux guest that is ready to boot. Symbols are not part of it: Debian's packages have a System.map without any (the real one is in the
 * debug package), so who wants them reads /proc/kallsyms in the guest.
 *
 * @param release what {@code uname -r} will say
 * @param kernel the bzImage
 * @param initrd the initial RAM disk, whose {@code /init} gives a shell on the serial port
 * @param append the kernel's command line; the user's own words follow it
 */
public record LinuxGuest(String release, Path kernel, Path initrd, String append) {
    /** Lists of modules in the initial RAM disk. */
    static final String VIRTIO = "virtio", VMBUS = "vmbus";

    private static final long BASE_BYTES = 384L << 20, BYTES_PER_VCPU = 8L << 20;
    private static final String COMMAND = "synapic/command";

    /** RAM that is enough for it and a few programs. */
    public static long memoryBytes(int vcpus) {
        return BASE_BYTES + BYTES_PER_VCPU * vcpus;
    }

    /**
     * All that is to be put into a machine.
     *
     * @param board decides which modules are loaded
     * @param words what follows on the kernel's command line
     * @param command run by a shell in place of an interactive one, or null; see {@link CommandOutput}
     * @throws ConfigurationException where the guest's files cannot be read
     */
    public Boot boot(PcConfig board, String words, @Nullable String command) {
        List<BootModule> archives = new ArrayList<>();
        archives.add(new BootModule("initrd", bytes(initrd)));
        if (command != null) {
            byte[] script = (command + "\n").getBytes(StandardCharsets.UTF_8);
            archives.add(new BootModule(
                    COMMAND, new CpioArchive().file(COMMAND, 0644, script).finish()));
        }
        return new Boot(GuestImage.file(kernel), (append + modules(board) + " " + words).strip(), archives);
    }

    private static String modules(PcConfig board) {
        List<String> lists = new ArrayList<>();
        if (!board.disks(DiskConfig.Bus.PCI).isEmpty()
                || board.has(PcDevice.VIRTIO_RNG)
                || board.has(PcDevice.VIRTIO_CONSOLE)) {
            lists.add(VIRTIO);
        }
        if (board.has(PcDevice.VMBUS)) {
            lists.add(VMBUS);
        }
        return lists.isEmpty() ? "" : " synapic_modules=" + String.join(",", lists);
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ConfigurationException(file + " cannot be read: " + e.getMessage());
        }
    }
}
