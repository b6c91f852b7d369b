// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.debian.CpioArchive;
import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.cli.guests.GuestImage;
import dev.synapic.machine.BootModule;
import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.Machine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;

/**
 * What the benchmark boots: a Linux guest whose initial RAM disk has a second archive behind the first, with one of our programs and the script that
 * runs it as process 1.
 */
public final class LinuxIpiGuest {
    /** Quiet: each character on the serial port is an exit, and 80 CPUs have much to say. */
    private static final String WORDS = " quiet rdinit=/synapic/ipi-bench";

    /**
     * Tells first what the kernel chose, so that a table never shows one way to send under the name of another. Then waits until nothing else
     * runs: tests of the kernel's ciphers go on after its boot, and a CPU that shares its time with one is not always a target.
     */
    private static final String PREPARE = """
        #!/bin/sh
        export PATH=/bin
        mount -t devtmpfs dev /dev
        mount -t proc proc /proc
        dmesg | grep -E 'APIC routing|setup PV IPIs|IPI hypercalls|shorthand broadcast' | sed 's/^/synapic: /'
        tries=0
        until grep -q ' 1/' /proc/loadavg || [ $tries -ge 100 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
        """;

    private static final String FINISH = "\npoweroff -f\n";

    private final String release;
    private final LinuxVariant variant;
    private final GuestImage kernel;
    private final byte[] initrd;
    private final String append;

    LinuxIpiGuest(String release, LinuxVariant variant, GuestImage kernel, byte[] initrd, String append) {
        this.release = release;
        this.variant = variant;
        this.kernel = kernel;
        this.initrd = initrd;
        this.append = append;
    }

    /**
     * A guest that is ready to boot.
     *
     * @param program the module or the static program that the variant runs
     * @param iterations operations per row
     */
    public static LinuxIpiGuest of(LinuxGuest guest, LinuxVariant variant, byte[] program, int iterations) {
        try {
            byte[] base = Files.readAllBytes(guest.initrd());
            byte[] ours = archive(variant, program, iterations);
            byte[] both = new byte[base.length + ours.length];
            System.arraycopy(base, 0, both, 0, base.length);
            System.arraycopy(ours, 0, both, base.length, ours.length);
            return new LinuxIpiGuest(
                    guest.release(), variant, GuestImage.file(guest.kernel()), both, guest.append() + WORDS);
        } catch (IOException e) {
            throw new ConfigurationException(guest.initrd() + " cannot be read: " + e.getMessage());
        }
    }

    private static byte[] archive(LinuxVariant variant, byte[] program, int iterations) {
        boolean module = variant == LinuxVariant.MODULE;
        String script = PREPARE + (module ? runModule(iterations) : "/synapic/membarrier " + iterations) + FINISH;
        return new CpioArchive()
                .file("synapic/ipi-bench", 0755, script.getBytes(StandardCharsets.UTF_8))
                .file(module ? "synapic/ipi_bench.ko" : "synapic/membarrier", 0755, program)
                .finish();
    }

    /** Its lines are taken from the kernel's log, where nothing mixes with them. */
    private static String runModule(int iterations) {
        return "insmod /synapic/ipi_bench.ko iterations=" + iterations
                + "\ndmesg | grep 'ipi_bench: ' | sed 's/^.*ipi_bench: /ipi_bench: /'";
    }

    /** As {@code uname -r} says it. */
    public String release() {
        return release;
    }

    public LinuxVariant variant() {
        return variant;
    }

    void loadInto(Machine machine, String words) {
        kernel.loadInto(machine, append + words, List.of(new BootModule("initrd", initrd)));
    }
}
