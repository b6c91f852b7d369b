// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.ManualClock;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.AllocatedBytes;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.spec.x86.IoApicRegister;
import org.junit.jupiter.api.Test;

/** The whole way of a device's interrupt, there and back, allocates nothing. */
class LineAllocationTest {
    private static final int LEVEL = 1 << 15;

    private final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
    private final LocalApic apic = new LocalApic(0, true, bus, new ManualClock(), ApicListener.NONE);
    private final IrqChips chips =
            new IrqChips(IoApicModel.V11, bus::sendMsi, asserted -> {}, () -> 0, IoApicListener.NONE, PicListener.NONE);
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.FULL, bus::sendMsi, SintPort.ABSENT, chips, IrqChipListener.NONE);

    LineAllocationTest() {
        ApicRig.enable(apic);
        apic.onEoi(chip);
        chip.setGsiRouting(GsiRoutingTable.pc().entries());
        chips.ioApic().write(IoApicRegister.SELECT, 4, 0x10 + 2 * 10);
        chips.ioApic().write(IoApicRegister.WINDOW, 4, 0x3A | LEVEL);
    }

    private void takeAndEnd() {
        apic.acknowledge(apic.pendingVector());
        apic.eoi();
    }

    @Test
    void linesInterruptAndItsAcknowledgementAllocateNothing() throws ReflectiveOperationException {
        InterruptLine line = chip.line(10);
        line.listen(line::lower);

        double bytes = new AllocatedBytes().perCall(() -> {
            line.raise();
            takeAndEnd();
        });

        assertThat(bytes).isLessThan(1);
        assertThat(chips.ioApic().asserted(10)).isFalse();
    }

    @Test
    void resamplingIrqfdAllocatesNothing() throws ReflectiveOperationException {
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        chip.irqfdAssign(trigger, 10, resample);

        double bytes = new AllocatedBytes().perCall(() -> {
            trigger.signal();
            takeAndEnd();
        });

        assertThat(bytes).isLessThan(1);
        assertThat(resample.peek()).isEqualTo(40_000);
    }

    @Test
    void ioEventFdAllocatesNothing() throws ReflectiveOperationException {
        IoEventFds fds = new IoEventFds();
        fds.assign(new IoEventFds.Match(IoEventFds.Space.PIO, 0xC050, 2, 7L), new EventFd());

        double bytes = new AllocatedBytes().perCall(() -> {
            fds.write(IoEventFds.Space.PIO, 0xC050, 2, 7);
            fds.write(IoEventFds.Space.MMIO, 0xC050, 2, 7);
        });

        assertThat(bytes).isLessThan(1);
    }
}
