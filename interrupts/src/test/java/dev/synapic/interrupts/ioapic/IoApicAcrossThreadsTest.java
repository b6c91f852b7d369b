// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.ManualClock;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.spec.x86.IoApicRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Devices on threads of their own, each with a level line and a queue that the guest's handler empties. */
class IoApicAcrossThreadsTest {
    private static final int DEVICES = 3;
    private static final int REQUESTS = 20_000;
    private static final int VECTOR = 0x51;

    /** Asserts its line as long as it has requests; two pins share a vector. */
    private static final class Device {
        final int pin;
        final IoApic chip;
        int requests;

        Device(IoApic chip, int pin) {
            this.chip = chip;
            this.pin = pin;
        }

        synchronized void request() {
            requests++;
            chip.set(pin, true, 0);
        }

        synchronized int serve() {
            int served = requests;
            requests = 0;
            chip.set(pin, false, 0);
            return served;
        }
    }

    @Test
    void noRequestIsStranded() {
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        LocalApic apic = new LocalApic(0, true, bus, new ManualClock(), ApicListener.NONE);
        ApicRig.enable(apic);
        // Time flies, so that the brake for storms lets go soon.
        AtomicLong nanos = new AtomicLong();
        IoApic chip = new IoApic(
                IoApicModel.V11, bus::sendMsi, () -> nanos.addAndGet(1_000_000), IoApicPins.NONE, IoApicListener.NONE);
        apic.onEoi(chip);
        List<Device> devices = new ArrayList<>();
        for (int pin = 0; pin < DEVICES; pin++) {
            chip.write(IoApicRegister.SELECT, 4, 0x10 + 2 * pin);
            chip.write(IoApicRegister.WINDOW, 4, VECTOR + pin / 2 | IoApicRig.LEVEL);
            devices.add(new Device(chip, pin));
        }
        AtomicInteger running = new AtomicInteger(DEVICES);
        for (Device device : devices) {
            Thread.ofPlatform().start(() -> {
                for (int i = 0; i < REQUESTS; i++) {
                    device.request();
                }
                running.decrementAndGet();
            });
        }

        int served = 0;
        while (running.get() > 0
                || apic.pendingVector() != LocalApic.NO_VECTOR
                || chip.nextDeadlineNanos() != Long.MAX_VALUE) {
            served += handle(apic, devices);
            chip.expire();
        }

        assertThat(served).isEqualTo(DEVICES * REQUESTS);
        for (int pin = 0; pin < DEVICES; pin++) {
            assertThat(chip.entry(pin)).as("no remote-IRR is left").isEqualTo(VECTOR + pin / 2 | IoApicRig.LEVEL);
        }
    }

    private static int handle(LocalApic apic, List<Device> devices) {
        int vector = apic.pendingVector();
        if (vector == LocalApic.NO_VECTOR) {
            return 0;
        }
        apic.acknowledge(vector);
        int served = 0;
        for (Device device : devices) {
            served += VECTOR + device.pin / 2 == vector ? device.serve() : 0;
        }
        apic.eoi();
        return served;
    }
}
