// SPDX-License-Identifier: Apache-2.0
package dev.synapic.eventfd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.RedirectionEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A device in a process of its own raises a level-triggered line of the fabric and hears each end of its interrupt. */
@EnabledOnOs(OS.LINUX)
class OtherProcessTest {
    private static final int GSI = 9, VECTOR = 0x41, INTERRUPTS = 100, MOST_MILLISECONDS = 60_000;

    @TempDir
    private Path directory;

    /** The device: signals its trigger, waits for its resampler, and so on; then says how often it heard. */
    static final class Device {
        private Device() {}

        public static void main(String[] path) throws IOException {
            try (DescriptorSocket socket = DescriptorSocket.connect(Path.of(path[0]));
                    LinuxEventFd trigger = socket.receive();
                    LinuxEventFd resample = socket.receive()) {
                int heard = 0;
                for (int i = 0; i < INTERRUPTS; i++) {
                    trigger.signal(1);
                    if (!resample.await(MOST_MILLISECONDS)) {
                        break;
                    }
                    heard += (int) resample.read();
                }
                System.out.println("heard " + heard);
            }
        }
    }

    private final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
    private final LocalApic apic = new LocalApic(0, true, bus, ApicClock.STOPPED, ApicListener.NONE);
    private final IrqChips chips =
            new IrqChips(IoApicModel.V11, bus::sendMsi, intr -> {}, () -> 0, IoApicListener.NONE, PicListener.NONE);
    private final IrqChip routing =
            new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, (vp, sint) -> -1, chips, IrqChipListener.NONE);

    private Process device(Path socket) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Device.class.getName(),
                        socket.toString())
                .redirectErrorStream(true)
                .start();
    }

    @Test
    void anotherProcessRaisesTheLineAndHearsEachEnd() throws Exception {
        apic.onEoi(routing);
        apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
        routing.setGsiRouting(List.of(new GsiRoute.IrqChipPin(GSI, IrqChips.IOAPIC, GSI)));
        chips.ioApic().write(0x00, 4, 0x10 + 2 * GSI);
        chips.ioApic().write(0x10, 4, RedirectionEntry.LEVEL_TRIGGERED | VECTOR);
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        routing.irqfdAssign(trigger, GSI, resample);

        Path path = directory.resolve("device");
        try (LinuxEventFd in = LinuxEventFd.open();
                LinuxEventFd out = LinuxEventFd.open();
                EventFdLoop loop = new EventFdLoop();
                DescriptorSocket listening = DescriptorSocket.listen(path)) {
            EventFdLoop.out(resample, out);
            loop.in(in, trigger);
            Process process = device(path);
            try (DescriptorSocket connection = listening.accept()) {
                connection.send(in);
                connection.send(out);
                assertThat(serve(process)).isEqualTo(INTERRUPTS);
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(MOST_MILLISECONDS, TimeUnit.MILLISECONDS))
                    .isTrue();
            assertThat(said).isEqualTo("heard " + INTERRUPTS + System.lineSeparator());
        }
    }

    /** This thread is the processor: it takes and ends what comes until the device has gone. */
    private int serve(Process process) {
        int taken = 0;
        while (taken < INTERRUPTS && process.isAlive()) {
            int vector = apic.pendingVector();
            if (vector == VECTOR) {
                apic.acknowledge(vector);
                apic.eoi();
                taken++;
            } else {
                Thread.onSpinWait();
            }
        }
        return taken;
    }
}
