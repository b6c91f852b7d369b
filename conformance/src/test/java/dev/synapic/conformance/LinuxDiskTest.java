// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cli.debian.LinuxGuest;
import dev.synapic.machine.CpuModel;
import dev.synapic.machine.DiskConfig;
import dev.synapic.machine.Machine;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.block.BlockStore;
import dev.synapic.machine.block.FileStore;
import dev.synapic.machine.block.MemoryStore;
import dev.synapic.vmbus.input.KeyboardDevice;
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

/**
 * Debian's Linux with a disk: a KVM guest by virtio-blk, a Hyper-V guest by StorVSC; and with a keyboard on VMBus. Skipped where the kernel's
 * packages cannot be had.
 */
class LinuxDiskTest {
    private static final int DISK_BYTES = 16 << 20;
    private static final long MOST_PS = 60_000_000_000_000L;

    /** Drivers look for their devices in the background. */
    private static final String FIND = """
        for i in 1 2 3 4 5 6 7 8 9; do
            for disk in /dev/vda /dev/sda; do [ ! -b $disk ] || break 2; done
            sleep 1
        done
        """;

    private static final String FILESYSTEM = FIND + """
        set -e
        mke2fs $disk >/dev/null
        mount -t ext4 $disk /mnt
        head -c 1000000 /dev/urandom >/mnt/random
        echo "a line that the host finds" >/mnt/line
        before=$(md5sum </mnt/random)
        umount /mnt
        echo 3 >/proc/sys/vm/drop_caches
        mount -t ext4 -o ro $disk /mnt
        [ "$before" = "$(md5sum </mnt/random)" ]
        echo "the checksum is the same on $disk"
        umount /mnt
        cat /sys/block/*/serial /sys/block/sd*/device/vpd_pg80 2>/dev/null | tr -cd 'A-Z0-9'
        """;

    private static final String LOST = FIND + """
        dd if=$disk of=/dev/null bs=4096 count=1 2>/dev/null && echo "first read: good"
        echo "now"
        dd if=$disk of=/dev/null bs=4096 skip=100 count=1 2>/dev/null || echo "second read: failed"
        dd if=/dev/zero of=$disk bs=4096 count=1 oflag=direct 2>/dev/null || echo "a write: failed"
        """;

    private static final String KEYS = """
        for i in 1 2 3 4 5 6 7 8 9; do
            grep -q "AT Translated" /proc/bus/input/devices && break
            sleep 1
        done
        exec 3</dev/tty1
        echo "type"
        read -r line <&3
        echo "typed: $line"
        """;

    @TempDir
    private Path directory;

    private final List<String> notices = new ArrayList<>();
    private final ByteArrayOutputStream console = new ByteArrayOutputStream();

    /** What the command prints, and what to do when it has printed a line. */
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
            lines.accept(line.toString());
            line.setLength(0);
        }
    }

    private MachineConfig config(String face, int vcpus, Screen screen) {
        return MachineConfig.standard()
                .withVcpus(vcpus)
                .withMemoryBytes(LinuxGuest.memoryBytes(vcpus))
                .withCpu(CpuModel.parse("max", face))
                .withPc(face.equals("hyperv") ? PcConfig.standard().with(PcDevice.VMBUS) : PcConfig.standard())
                .withMaxVirtualPs(MOST_PS)
                .withConsole(console::write)
                .withCom2(screen);
    }

    private MachineConfig withDisk(MachineConfig config, BlockStore store) {
        DiskConfig.Bus bus = config.hasVmbus() ? DiskConfig.Bus.VMBUS : DiskConfig.Bus.PCI;
        DiskConfig disk = new DiskConfig(bus, store, "D1", DiskConfig.QUEUE_PER_VCPU, notices::add);
        return config.withPc(config.pc().withDisk(disk));
    }

    /** What the command printed. */
    private String run(Machine machine, PcConfig pc, String series, Screen screen, String command) {
        DebianLinux.of(series).boot(pc, "", command).loadInto(machine);
        RunResult result = machine.run();
        String all = console.toString(StandardCharsets.UTF_8);
        assertThat(result.outcome()).as(all).isEqualTo(RunResult.Outcome.POWER_OFF);
        return screen.text.toString(StandardCharsets.UTF_8);
    }

    private String run(MachineConfig config, String series, Screen screen, String command) {
        try (Machine machine = new Machine(config)) {
            return run(machine, config.pc(), series, screen, command);
        }
    }

    @ParameterizedTest
    @CsvSource({"kvm, 6.1, 2, /dev/vda", "hyperv, 6.1, 1, /dev/sda", "hyperv, 6.12, 8, /dev/sda"})
    void whatLinuxWritesToAFilesystemIsThereWhenItIsMountedAgain(String face, String series, int vcpus, String disk)
            throws IOException {
        try (MemoryStore store = new MemoryStore(DISK_BYTES)) {
            Screen screen = new Screen(line -> {});
            assertThat(run(withDisk(config(face, vcpus, screen), store), series, screen, FILESYSTEM))
                    .contains("the checksum is the same on " + disk, "D1", "synapic-status   0");
            assertThat(console.toString(StandardCharsets.UTF_8).lines())
                    .as("complaints of drivers")
                    .noneMatch(line -> line.matches(".*(I/O error|hv_storvsc .*cmd|sd 0:.*(rror|ailed)).*"));
            byte[] image = new byte[DISK_BYTES];
            store.read(0, image, 0, DISK_BYTES);
            String text = new String(image, StandardCharsets.ISO_8859_1);
            assertThat(text.substring(1080, 1082)).as("ext2's magic number").isEqualTo("S\u00ef");
            assertThat(text).contains("a line that the host finds");
        }
        assertThat(notices).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"kvm, vanish", "kvm, shrink", "hyperv, vanish", "hyperv, shrink"})
    void anImageThatIsLostIsOneLineToTheUserAndErrorsToTheGuest(String face, String loss) throws IOException {
        Path image = Files.write(directory.resolve("disk.img"), new byte[DISK_BYTES]);
        Screen screen = new Screen(line -> {
            if (line.equals("now")) {
                lose(image, loss);
            }
        });
        try (FileStore store = FileStore.open(image, false)) {
            assertThat(run(withDisk(config(face, 1, screen), store), "6.1", screen, LOST))
                    .contains("first read: good", "second read: failed", "a write: failed");
        }
        String reason =
                loss.equals("vanish") ? "has vanished" : "has become shorter than its %d bytes".formatted(DISK_BYTES);
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

    @Test
    void keysOnVmbusReachTheConsole() {
        Typist typist = new Typist();
        Screen screen = new Screen(typist);
        MachineConfig config = config("hyperv", 1, screen);
        try (Machine machine = new Machine(config)) {
            typist.keyboard = Objects.requireNonNull(machine.vmbus()).keyboard();
            assertThat(run(machine, config.pc(), "6.1", screen, KEYS)).contains("typed: hi");
        }
    }

    /** Types when the guest asks for it. In set 1, h is 23, i is 17, Enter is 1C, and bit 7 is for release. */
    private static final class Typist implements Consumer<String> {
        private static final int[] CODES = {0x23, 0xA3, 0x17, 0x97, 0x1C, 0x9C};

        private @Nullable KeyboardDevice keyboard;

        @Override
        public void accept(String line) {
            KeyboardDevice keys = keyboard;
            if (keys != null && line.equals("type")) {
                for (int code : CODES) {
                    assertThat(keys.scanCode(code)).isTrue();
                }
            }
        }
    }
}
