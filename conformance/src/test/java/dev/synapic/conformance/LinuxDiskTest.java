// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.CpuModel;
import dev.synapic.machine.DiskConfig;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.VmbusBoard;
import dev.synapic.machine.block.BlockStore;
import dev.synapic.machine.block.FileStore;
import dev.synapic.machine.block.MemoryStore;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Linux with a disk: a KVM guest by virtio-blk, a Hyper-V guest by StorVSC; and a key on VMBus's keyboard. Needs a guest for
 * {@link LinuxTestGuest}, whose initial RAM disk is that of "synapic guest debian", for the modules.
 */
class LinuxDiskTest {
    private static final int DISK_BYTES = 16 << 20;

    private static final String BEGIN = """
        #!/bin/sh
        export PATH=/bin
        mount -t proc proc /proc
        mount -t sysfs sys /sys
        mount -t devtmpfs dev /dev
        while read -r module; do insmod "/lib/modules/$module.ko"; done <"/synapic/modules/$synapic_face"
        disk=/dev/vda
        [ "$synapic_face" != hyperv ] || disk=/dev/sda
        for i in 1 2 3 4 5 6 7 8 9; do [ -b $disk ] || sleep 1; done
        """;

    private static final String FILESYSTEM = BEGIN + """
        mke2fs $disk >/dev/null && mount -t ext4 $disk /mnt || echo "no filesystem"
        head -c 1000000 /dev/urandom >/mnt/random
        echo "a line that the host finds" >/mnt/line
        before=$(md5sum </mnt/random)
        umount /mnt
        echo 3 >/proc/sys/vm/drop_caches
        mount -t ext4 -o ro $disk /mnt
        after=$(md5sum </mnt/random)
        [ -n "$before" ] && [ "$before" = "$after" ] && echo "the checksum is the same"
        cat /mnt/line
        umount /mnt
        poweroff -f
        """;

    private static final String LOST = BEGIN + """
        dd if=$disk of=/dev/null bs=4096 count=1 2>/dev/null && echo "first read: good"
        echo "now"
        dd if=$disk of=/dev/null bs=4096 skip=100 count=1 2>/dev/null || echo "second read: failed"
        dd if=/dev/zero of=$disk bs=4096 count=1 oflag=direct 2>/dev/null || echo "a write: failed"
        poweroff -f
        """;

    /** The terminal is left before the answer, so that only what the driver brought can be there. */
    private static final String KEYS = BEGIN + """
        for i in 1 2 3 4 5 6 7 8 9; do grep -q "AT Translated" /proc/bus/input/devices || sleep 1; done
        echo "type"
        read -r line </dev/tty1
        echo "typed: $line"
        poweroff -f
        """;

    @TempDir
    private Path directory;

    private final List<String> notices = new ArrayList<>();

    /** What the guest prints, and what to do when it has printed a line. */
    private static final class Screen implements IntConsumer {
        private final ByteArrayOutputStream text = new ByteArrayOutputStream();
        private final StringBuilder line = new StringBuilder();
        private final Consumer<String> lines;

        Screen(Consumer<String> lines) {
            this.lines = lines;
        }

        @Override
        public void accept(int b) {
            text.write(b);
            if (b != '\n') {
                line.append((char) b);
                return;
            }
            lines.accept(line.toString().strip());
            line.setLength(0);
        }

        @Override
        public String toString() {
            return text.toString(StandardCharsets.UTF_8);
        }
    }

    private MachineConfig config(String face, BlockStore store, Screen screen) {
        boolean hyperv = face.equals("hyperv");
        DiskConfig.Bus bus = hyperv ? DiskConfig.Bus.VMBUS : DiskConfig.Bus.PCI;
        PcConfig pc = hyperv ? PcConfig.standard().with(PcDevice.VMBUS) : PcConfig.standard();
        return MachineConfig.standard()
                .withVcpus(LinuxTestGuest.vcpus())
                .withMemoryBytes(512 << 20)
                .withCpu(CpuModel.parse("max", face))
                .withPc(pc.withDisk(new DiskConfig(bus, store, "D1", DiskConfig.QUEUE_PER_VCPU, notices::add)))
                .withConsole(screen);
    }

    private String run(String face, BlockStore store, Screen screen, String script) throws IOException {
        try (Machine machine = new Machine(config(face, store, screen))) {
            LinuxTestGuest.load(machine, face, script);
            RunResult result = machine.run();
            assertThat(result.outcome()).as(screen.toString()).isEqualTo(RunResult.Outcome.POWER_OFF);
        }
        return screen.toString();
    }

    @ParameterizedTest
    @ValueSource(strings = {"kvm", "hyperv"})
    void whatLinuxWritesToAFilesystemIsThereWhenItIsMountedAgain(String face) throws IOException {
        try (MemoryStore store = new MemoryStore(DISK_BYTES)) {
            String console = run(face, store, new Screen(line -> {}), FILESYSTEM);
            assertThat(console)
                    .contains("\nthe checksum is the same", "\na line that the host finds")
                    .doesNotContain("I/O error");
            assertThat(console.lines().filter(line -> line.matches("\\[.*(storvsc|virtio_blk|sd 0:).*(err|fail|status).*")))
                    .as("complaints of the driver")
                    .isEmpty();
            byte[] image = new byte[DISK_BYTES];
            store.read(0, image, 0, DISK_BYTES);
            String text = new String(image, StandardCharsets.ISO_8859_1);
            assertThat(text.substring(1024 + 56, 1024 + 58)).as("ext2's magic number").isEqualTo("S\u00ef");
            assertThat(text).contains("a line that the host finds");
        }
        assertThat(notices).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"kvm,vanish", "kvm,shrink", "hyperv,vanish", "hyperv,shrink"})
    void anImageThatIsLostIsOneLineToTheUserAndErrorsToTheGuest(String face, String loss) throws IOException {
        Path image = Files.write(directory.resolve("disk.img"), new byte[DISK_BYTES]);
        Screen screen = new Screen(line -> {
            if (line.equals("now")) {
                lose(image, loss);
            }
        });
        try (FileStore store = FileStore.open(image, false)) {
            assertThat(run(face, store, screen, LOST))
                    .contains("\nfirst read: good", "\nsecond read: failed", "\na write: failed");
        }
        String reason = loss.equals("vanish") ? "has vanished" : "has become shorter than its %d bytes".formatted(DISK_BYTES);
        assertThat(notices).containsExactly(image + ": the file " + reason + "; the guest sees I/O errors");
    }

    private static void lose(Path image, String loss) {
        try {
            if (loss.equals("vanish")) {
                Files.delete(image);
            } else {
                try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                    file.setLength(512);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Set 1: h is 23, i is 17, Enter is 1C; bit 7 is for release. */
    @Test
    void keysOnVmbusReachTheConsole() throws IOException {
        Keyboardist keyboardist = new Keyboardist();
        Screen screen = new Screen(keyboardist);
        try (MemoryStore store = new MemoryStore(DISK_BYTES);
                Machine machine = new Machine(config("hyperv", store, screen))) {
            keyboardist.board = machine.vmbus();
            LinuxTestGuest.load(machine, "hyperv", KEYS);
            machine.run();
        }
        assertThat(screen.toString()).contains("\ntyped: hi");
    }

    /** Types when the guest asks for it. */
    private static final class Keyboardist implements Consumer<String> {
        private @Nullable VmbusBoard board;

        @Override
        public void accept(String line) {
            if (line.equals("type")) {
                for (int code : new int[] {0x23, 0xA3, 0x17, 0x97, 0x1C, 0x9C}) {
                    Objects.requireNonNull(board).keyboard().scanCode(code);
                }
            }
        }
    }
}
