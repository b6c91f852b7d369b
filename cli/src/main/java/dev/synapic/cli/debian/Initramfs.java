// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import dev.synapic.machine.ConfigurationException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The initial RAM disk of a Debian guest: busybox under the names of its applets, modules in the order of loading, and /init. It is not packed:
 * unpacking would cost the guest more instructions than its whole boot to userspace otherwise takes.
 */
final class Initramfs {
    private static final String APPLETS_BEGIN = "\0[\0[[\0";

    /**
     * Runs as process 1. What stands on the kernel's command line as {@code synapic_face=F} is a variable here (init/main.c hands on what it does
     * not know itself), and says which modules to load.
     */
    static final String INIT = """
        #!/bin/sh
        export PATH=/bin HOME=/root TERM="${TERM:-linux}"
        mount -t devtmpfs dev /dev
        mount -t proc proc /proc
        mount -t sysfs sys /sys
        [ ! -d /sys/kernel/debug ] || mount -t debugfs debug /sys/kernel/debug
        [ ! -d /sys/kernel/tracing ] || mount -t tracefs trace /sys/kernel/tracing
        modules=/synapic/modules/${synapic_face:-none}
        if [ -f "$modules" ]; then
            while read -r module; do
                insmod "/lib/modules/$module.ko"
            done <"$modules"
        fi
        cd /root
        setsid cttyhack sh
        poweroff -f
        """;

    private Initramfs() {}

    /**
     * Its bytes.
     *
     * @param modulesOfFace for each face the modules that are loaded with it, and those that they need
     */
    static byte[] of(byte[] busybox, KernelModules modules, Map<String, List<String>> modulesOfFace) {
        CpioArchive archive = new CpioArchive();
        for (String directory : List.of("dev", "proc", "sys", "root", "tmp", "mnt", "etc")) {
            archive.directory(directory);
        }
        archive.characterDevice("dev/console", 0600, 5, 1);
        archive.file("init", 0755, INIT.getBytes(StandardCharsets.UTF_8));
        archive.file("bin/busybox", 0755, busybox);
        for (String applet : applets(busybox)) {
            archive.link("bin/" + applet, "busybox");
        }
        List<String> all = modulesOfFace.values().stream().flatMap(List::stream).toList();
        modules.inLoadOrder(all).forEach((name, bytes) -> archive.file("lib/modules/" + name + ".ko", 0644, bytes));
        modulesOfFace.forEach((face, names) -> {
            String list = modules.inLoadOrder(names).keySet().stream()
                    .map(name -> name + "\n")
                    .collect(Collectors.joining());
            archive.file("synapic/modules/" + face, 0644, list.getBytes(StandardCharsets.UTF_8));
        });
        return archive.finish();
    }

    /** The names by which a busybox can be called: its table, sorted and separated by zeros, begins with {@code [} and {@code [[}. */
    static List<String> applets(byte[] busybox) {
        String text = new String(busybox, StandardCharsets.ISO_8859_1);
        int begin = text.indexOf(APPLETS_BEGIN);
        List<String> applets = new ArrayList<>();
        if (begin >= 0) {
            for (String name : text.substring(begin + 1, Math.min(begin + (1 << 14), text.length()))
                    .split("\0")) {
                if (!name.matches("[\\w\\[.-]+")) {
                    break;
                }
                if (!name.equals("busybox")) {
                    applets.add(name);
                }
            }
        }
        if (!applets.contains("sh") || !applets.contains("insmod")) {
            throw new ConfigurationException(
                    "busybox-static: its table of applets is not found in it, or has no sh and insmod");
        }
        return applets;
    }
}
