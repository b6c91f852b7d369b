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
     * Runs as process 1. What stands on the kernel's command line as {@code synapic_modules=A,B} is a variable here (init/main.c hands on what it
     * does not know itself): names of lists of modules. A command in {@code /synapic/command} has the second serial port to itself, and the
     * machine ends with it; all processes end before its status is written, so that it is the last thing on that port.
     */
    static final String INIT = """
        #!/bin/sh
        export PATH=/bin:/sbin HOME=/root TERM="${TERM:-linux}"
        mount -t devtmpfs dev /dev
        mount -t proc proc /proc
        mount -t sysfs sys /sys
        [ ! -d /sys/kernel/debug ] || mount -t debugfs debug /sys/kernel/debug
        [ ! -d /sys/kernel/tracing ] || mount -t tracefs trace /sys/kernel/tracing
        for list in $(echo "$synapic_modules" | tr , ' ') further; do
            while read -r module; do
                [ -d "/sys/module/$module" ] || insmod "/lib/modules/$module.ko"
            done <"/synapic/modules/$list"
        done
        cd /root
        if [ -f /synapic/command ]; then
            stty -F /dev/ttyS1 raw -echo 115200
            setsid sh -c 'exec sh /synapic/command </dev/null >/dev/ttyS1 2>&1'
            status=$?
            kill -KILL -1
            printf '\\000synapic-status %3d\\n' $status >/dev/ttyS1
        else
            setsid cttyhack sh
        fi
        poweroff -f
        """;

    private Initramfs() {}

    /**
     * Its bytes.
     *
     * @param lists names of lists, and the modules in each; those that they need come with them
     */
    static byte[] of(byte[] busybox, KernelModules modules, Map<String, List<String>> lists) {
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
        // Where the kernel looks when it is asked to end from outside (kernel/reboot.c, poweroff_cmd).
        archive.file("sbin/poweroff", 0755, "#!/bin/sh\nexec /bin/poweroff -f\n".getBytes(StandardCharsets.UTF_8));
        List<String> all = lists.values().stream().flatMap(List::stream).toList();
        modules.inLoadOrder(all).forEach((name, bytes) -> archive.file("lib/modules/" + name + ".ko", 0644, bytes));
        lists.forEach((list, names) -> {
            String modulesOfList = modules.inLoadOrder(names).keySet().stream()
                    .map(name -> name + "\n")
                    .collect(Collectors.joining());
            archive.file("synapic/modules/" + list, 0644, modulesOfList.getBytes(StandardCharsets.UTF_8));
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
