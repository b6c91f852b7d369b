// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.synapic.guestmem.GuestMemory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Our own guests, as far as they come without an interrupt controller. */
class GuestProgramTest {
    private static final Path IMAGES = Path.of(System.getProperty("synapic.guests", "../guests/images"));

    @Test
    void aMultibootGuestReachesLongModeAndPrintsItsGreeting() throws IOException {
        Path image = IMAGES.resolve("hello-smp.elf");
        assumeTrue(Files.exists(image), "guest images are not here");
        FakePlatform platform = new FakePlatform();
        try (GuestMemory ram = GuestMemory.allocate(64 << 20)) {
            Cpu cpu = new Cpu(ram, new CodeCache(ram), platform.ports());
            platform.cpu = cpu;
            platform.mmio.put(0xFEE0_0020L, 0L);
            MultibootImage.boot(image, "", ram, cpu);
            cpu.run(50_000_000);
            assertThat(platform.serial.toString()).contains("cpu 0 apic 0").contains("hello-smp: 1 cpus");
            assertThat(platform.exitValue).isZero();
            assertThat(cpu.in64BitMode()).isTrue();
        }
    }
}
