// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.machine.ConfigurationException;
import dev.synapic.machine.DiskConfig;
import dev.synapic.machine.DiskConfig.Bus;
import dev.synapic.machine.PcConfig;
import dev.synapic.machine.PcDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which bus a disk is on. */
class DrivesTest {
    private static final PcConfig PLAIN = PcConfig.standard();
    private static final PcConfig WITH_VMBUS = PLAIN.with(PcDevice.VMBUS);

    @TempDir
    private Path directory;

    private Path image;

    @BeforeEach
    void makeAnImage() throws IOException {
        image = Files.write(directory.resolve("disk.img"), new byte[1024]);
    }

    private PcConfig disk(PcConfig pc, String further) {
        try (Drives drives = new Drives(line -> {})) {
            drives.disk(image + further);
            return drives.attach(pc);
        }
    }

    @Test
    void aDiskIsOnVmbusWhereThatIsThereAndElseOnPci() {
        assertThat(disk(PLAIN, "").disks(Bus.PCI)).hasSize(1);
        PcConfig hyperv = disk(WITH_VMBUS, ",serial=D1");
        assertThat(hyperv.disks(Bus.VMBUS)).extracting(DiskConfig::serial).containsExactly("D1");
        assertThat(hyperv.disks(Bus.PCI)).isEmpty();
    }

    @Test
    void aDiskMaySayItself() {
        assertThat(disk(WITH_VMBUS, ",if=virtio").disks(Bus.PCI)).hasSize(1);
        assertThat(disk(WITH_VMBUS, ",if=scsi").disks(Bus.VMBUS)).hasSize(1);
        assertThatThrownBy(() -> disk(PLAIN, ",if=none"))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageEndingWith(": there are only if=virtio and if=scsi here");
    }

    @Test
    void scsiWithoutVmbusIsRefusedInOneLine() {
        QemuRun run = QemuRun.of("-drive", "file=" + image + ",if=scsi,format=raw");
        assertThat(run.err())
                .isEqualTo("qemu-system-x86_64: -drive file=%s,if=scsi,format=raw: SCSI disks are on VMBus here: add"
                                .formatted(image)
                        + " -device vmbus-bridge\n");
        assertThat(run.status()).isEqualTo(1);
    }

    @Test
    void vmbusWithoutItsProcessorFeatureIsRefusedInOneLine() {
        QemuRun run = QemuRun.of("-drive", "file=" + image + ",if=scsi", "-device", "vmbus-bridge");
        assertThat(run.err())
                .isEqualTo("qemu-system-x86_64: -device vmbus-bridge: needs the CPU flag hv-synic: add"
                        + " hv-vpindex,hv-synic to -cpu\n");
        assertThat(run.status()).isEqualTo(1);
    }
}
