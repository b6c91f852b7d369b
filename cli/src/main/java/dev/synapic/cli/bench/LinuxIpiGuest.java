// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.debian.CpioArchive;
import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.cli.guests.Boot;
import dev.synapic.machine.BootModule;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the benchmark boots: a Linux guest whose initial RAM disk has a further archive, with one of our programs and the script that runs it as
 * process 1.
 *
 * @param release as {@code uname -r} says it
 */
public record LinuxIpiGuest(String release, LinuxVariant variant, Boot boot) {
    /** Quiet: each character on the serial port is an exit, and 80 CPUs have much to say. The kernel's ciphers need no test here. */
    private static final String WORDS = "quiet cryptomgr.notests rdinit=/synapic/ipi-bench";

    /**
     * Tells first what the kernel chose, so that a table never shows one way to send under the name of another. Then waits until nothing else
     * runs: what goes on after the kernel's boot shares a CPU's time with the targets.
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

    /**
     * A guest that is ready to boot.
     *
     * @param program the module or the static program that the variant runs
     * @param iterations operations per row
     */
    public static LinuxIpiGuest of(LinuxGuest guest, LinuxVariant variant, byte[] program, int iterations) {
        Boot base = guest.boot(MachineConfig.standard().pc(), WORDS, null);
        List<BootModule> archives = new ArrayList<>(base.modules());
        archives.add(new BootModule("ipi-bench", archive(variant, program, iterations)));
        return new LinuxIpiGuest(guest.release(), variant, new Boot(base.image(), base.commandLine(), archives));
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

    void loadInto(Machine machine, String words) {
        new Boot(boot.image(), boot.commandLine() + words, boot.modules()).loadInto(machine);
    }
}
