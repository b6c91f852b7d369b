// SPDX-License-Identifier: Apache-2.0
package dev.synapic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.conformance.DebianGuest.Run;
import dev.synapic.machine.DiskConfig;
import dev.synapic.machine.MachineConfig;
import dev.synapic.machine.PcDevice;
import dev.synapic.machine.RunResult;
import dev.synapic.machine.block.BlockStore;
import dev.synapic.machine.block.FileStore;
import dev.synapic.machine.block.MemoryStore;
import dev.synapic.vmbus.input.KeyboardDevice;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Debian's Linux with a disk: a KVM guest by virtio-blk, a Hyper-V guest by StorVSC; and with a keyboard on VMBus. Skipped where the kernel's
 * packages cannot be had.
 */
@Execution(ExecutionMode.CONCURRENT)
class LinuxDiskTest {
    private static final int DISK_BYTES = 16 << 20;

    /** Drivers look for their devices in the background. */
    private static final String FIND = """
        for i in 1 2 3 4 5 6 7 8 9; do
            for disk in /dev/vda /dev/sda; do [ ! -b $disk ] || break 2; done
            sleep 1
        done
        """;

    private static final String FILESYSTEM = FIND + """
        set -e
        mke2fs -I 256 $disk >/dev/null
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
        echo "serial $(cat /sys/block/vda/serial /sys/block/sda/device/vpd_pg80 2>/dev/null | tr -cd 'A-Z0-9')"
        dmesg -r | grep -E '^<[0-4]>' | sed 's/^/complaint: /'
        """;

    private static final String LOST = FIND + """
        dd if=$disk of=/dev/null bs=4096 count=1 2>/dev/null && echo "first read: good"
        echo now >/dev/ttyS0
        dd if=$disk of=/dev/null bs=4096 skip=100 count=1 2>/dev/null || echo "second read: failed"
        dd if=/dev/zero of=$disk bs=4096 count=1 oflag=direct 2>/dev/null || echo "a write: failed"
        """;

    private static final String KEYS = """
        for i in 1 2 3 4 5 6 7 8 9; do
            grep -q "AT Translated" /proc/bus/input/devices && break
            sleep 1
        done
        exec 3</dev/tty1
        echo type >/dev/ttyS0
        read -r line <&3
        echo "typed: $line"
        """;

    @TempDir
    private Path directory;

    private final List<String> notices = new ArrayList<>();

    private static MachineConfig config(String face, int vcpus) {
        MachineConfig config = DebianGuest.machine(face, vcpus);
        return face.equals("hyperv") ? config.withPc(config.pc().with(PcDevice.VMBUS)) : config;
    }

    private MachineConfig withDisk(MachineConfig config, BlockStore store) {
        DiskConfig.Bus bus = config.hasVmbus() ? DiskConfig.Bus.VMBUS : DiskConfig.Bus.PCI;
        DiskConfig disk = new DiskConfig(bus, store, "D1", DiskConfig.QUEUE_PER_VCPU, notices::add);
        return config.withPc(config.pc().withDisk(disk));
    }

    /** Listens to the console; acts once, where a line of it is that word. */
    private static IntConsumer when(String word, Runnable action) {
        StringBuilder line = new StringBuilder();
        return b -> {
            if (b != '\n') {
                line.append((char) b);
                return;
            }
            if (line.toString().strip().equals(word)) {
                action.run();
            }
            line.setLength(0);
        };
    }

    @ParameterizedTest
    @CsvSource({"kvm, debian, 2, /dev/vda", "hyperv, debian, 1, /dev/sda", "hyperv, debian-6.12, 8, /dev/sda"})
    void whatLinuxWritesToAFilesystemIsThereWhenItIsMountedAgain(String face, String kernel, int vcpus, String disk)
            throws IOException {
        try (MemoryStore store = new MemoryStore(DISK_BYTES)) {
            Run run = DebianGuest.named(kernel).run(withDisk(config(face, vcpus), store), FILESYSTEM);
            assertThat(run.output())
                    .as(run.console())
                    .isEqualTo("the checksum is the same on %s\nserial D1\n".formatted(disk));
            assertThat(run.status()).hasValue(0);
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
        try (FileStore store = FileStore.open(image, false)) {
            MachineConfig config = withDisk(config(face, 1), store).withConsole(when("now", () -> lose(image, loss)));
            Run run = DebianGuest.named("debian").run(config, LOST);
            assertThat(run.output())
                    .as(run.console())
                    .isEqualTo("first read: good\nsecond read: failed\na write: failed\n");
            assertThat(run.result().outcome()).isEqualTo(RunResult.Outcome.POWER_OFF);
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

    /** In set 1, h is 23, i is 17, Enter is 1C, and bit 7 is for release. */
    @Test
    void keysOnVmbusReachTheConsole() {
        List<KeyboardDevice> keyboards = new ArrayList<>();
        MachineConfig config = config("hyperv", 1).withConsole(when("type", () -> {
            for (int code : new int[] {0x23, 0xA3, 0x17, 0x97, 0x1C, 0x9C}) {
                keyboards.getFirst().scanCode(code);
            }
        }));
        Run run = DebianGuest.named("debian")
                .run(
                        config,
                        KEYS,
                        machine -> keyboards.add(
                                Objects.requireNonNull(machine.vmbus()).keyboard()));
        assertThat(run.output()).as(run.console()).isEqualTo("typed: hi\n");
    }
}
