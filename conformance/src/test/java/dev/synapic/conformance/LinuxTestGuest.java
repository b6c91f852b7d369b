// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.synapic.machine.Machine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A Linux that runs a test's own script as its first process. The kernel is the file that -Dsynapic.linux.kernel names, the initial RAM disk
 * -Dsynapic.linux.initrd, with busybox in /bin; the script is added to it. Tests are skipped without them.
 */
final class LinuxTestGuest {
    private static final String SCRIPT = "synapic-test";

    private LinuxTestGuest() {}

    /** As many as -Dsynapic.linux.vcpus says, or 2. */
    static int vcpus() {
        return Integer.getInteger("synapic.linux.vcpus", 2);
    }

    /** The machine's next run is that of the script, which finds the hypervisor's face in $synapic_face. */
    static void load(Machine machine, String face, String script) throws IOException {
        byte[] kernel = file("synapic.linux.kernel");
        ByteArrayOutputStream initrd = new ByteArrayOutputStream();
        initrd.writeBytes(file("synapic.linux.initrd"));
        initrd.writeBytes(new byte[-initrd.size() & 3]);
        initrd.writeBytes(archive(SCRIPT, script));
        String words = "console=ttyS0 panic=-1 rdinit=/%s synapic_face=%s".formatted(SCRIPT, face);
        machine.loadLinux("vmlinuz", kernel, words, initrd.toByteArray());
    }

    private static byte[] file(String property) throws IOException {
        String name = System.getProperty(property, "");
        assumeTrue(!name.isEmpty(), () -> "-D" + property + "=FILE is not given");
        return Files.readAllBytes(Path.of(name));
    }

    /** A "newc" archive with one executable file (Linux, Documentation/driver-api/early-userspace/buffer-format.rst). */
    private static byte[] archive(String name, String text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        entry(out, name, 0100755, text.getBytes(StandardCharsets.UTF_8));
        entry(out, "TRAILER!!!", 0, new byte[0]);
        return out.toByteArray();
    }

    private static void entry(ByteArrayOutputStream out, String name, int mode, byte[] bytes) {
        String header = "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x"
                .formatted(1, mode, 0, 0, 1, 0, bytes.length, 0, 0, 0, 0, name.length() + 1, 0);
        out.writeBytes((header + name + "\0").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(new byte[-out.size() & 3]);
        out.writeBytes(bytes);
        out.writeBytes(new byte[-out.size() & 3]);
    }
}
