// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.pit.Pit8254;
import dev.synapic.interrupts.pit.PitListener;
import dev.synapic.spec.x86.Pic;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Lines, GSIs and pins of a PC. */
class IrqChipsTest {
    private final PcRig pc = new PcRig();

    // ---- the table

    /** As QEMU sets it and the MADT of a PC says: interrupt source override of IRQ 0 to GSI 2. */
    @Test
    void timersGsiLeadsToIoApicPinTwoAndNothingElseDoes() {
        GsiRoutingTable table = GsiRoutingTable.pc();

        assertThat(table.entries()).hasSize(15 + 23);
        assertThat(table.routes(0))
                .containsExactlyInAnyOrder(new GsiRoute.IrqChipPin(0, 0, 0), new GsiRoute.IrqChipPin(0, 2, 2));
        assertThat(table.routes(2)).isEmpty();
        assertThat(table.routes(8))
                .containsExactlyInAnyOrder(new GsiRoute.IrqChipPin(8, 1, 0), new GsiRoute.IrqChipPin(8, 2, 8));
        assertThat(table.routes(16)).containsExactly(new GsiRoute.IrqChipPin(16, 2, 16));
        assertThat(table.routes(24)).isEmpty();
    }

    @Test
    void pinsThatTheChipsDoNotHaveAreRefused() {
        for (GsiRoute.IrqChipPin pin : List.of(
                new GsiRoute.IrqChipPin(1, 0, 8),
                new GsiRoute.IrqChipPin(1, 1, -1),
                new GsiRoute.IrqChipPin(1, 2, 24))) {
            assertThatThrownBy(() -> pc.chip.setGsiRouting(List.of(pin))).hasMessageStartingWith("EINVAL");
        }
    }

    @Test
    void lineReachesBothChipsAndAddsUpWhatTheySay() {
        pc.entry(4, 0x34);
        assertThat(pc.chip.irqLine(4, true, 0)).as("the 8259 is masked").isEqualTo(1);
        pc.chip.irqLine(4, false, 0);
        pc.chips.pic().out(Pic.MASTER_DATA, 0);
        pc.chips.pic().reset();

        assertThat(pc.chip.irqLine(4, true, 0)).isEqualTo(2);
        assertThat(pc.intr).isTrue();
    }

    @Test
    void lineThatIsMaskedEverywhereIsIgnored() {
        assertThat(pc.chip.irqLine(4, true, 0)).isEqualTo(IrqChip.IGNORED);
    }

    @Test
    void lineThatIsUpIsCoalescedAtTheChipThatListens() {
        pc.entry(4, 0x34);
        pc.chip.irqLine(4, true, 0);

        assertThat(pc.chip.irqLine(4, true, 0)).isZero();
    }

    // ---- lines of devices

    @Test
    void twoDevicesOnOneLineKeepItUpUntilBothAreDone() {
        InterruptLine first = pc.chip.line(10);
        InterruptLine second = pc.chip.line(10);
        pc.entry(10, 0x3A | PcRig.LEVEL);
        first.raise();
        second.raise();
        pc.take(0);
        first.lower();
        pc.eoi(0);
        assertThat(pc.take(0)).isEqualTo(0x3A);
        second.lower();

        pc.eoi(0);

        assertThat(pc.take(0)).isEqualTo(LocalApic.NO_VECTOR);
    }

    @Test
    void pulseTellsWhatBecameOfIt() {
        pc.entry(10, 0x3A);

        assertThat(pc.chip.line(10).pulse()).isEqualTo(1);
        assertThat(pc.chips.ioApic().asserted(10)).isFalse();
    }

    @Test
    void deviceHearsOfItsLineWithoutKnowingItsNumber() {
        List<String> heard = new ArrayList<>();
        InterruptLine line = pc.chip.line(10);
        line.listen(new InterruptLine.Listener() {
            @Override
            public void acknowledged() {
                heard.add("ack");
            }

            @Override
            public void unmasked() {
                heard.add("unmasked");
            }
        });
        pc.entry(10, 0x3A);
        pc.entry(10, 0x3A | PcRig.MASKED);
        pc.entry(10, 0x3A);
        line.pulse();
        pc.take(0);
        pc.eoi(0);
        assertThat(heard).containsExactly("unmasked", "unmasked", "ack");

        line.listen(null);
        line.pulse();
        pc.take(0);
        pc.eoi(0);

        assertThat(heard).hasSize(3);
        assertThat(pc.chip.hasAckNotifier(10)).isFalse();
    }

    @Test
    void endAtThe8259ReachesTheDeviceToo() {
        List<String> heard = new ArrayList<>();
        InterruptLine line = pc.chip.line(10);
        line.listen(() -> heard.add("ack"));
        pc.chips.pic().reset();
        line.pulse();
        pc.chips.pic().acknowledge();

        pc.chips.pic().out(Pic.SLAVE_COMMAND, 0x20);

        assertThat(heard).containsExactly("ack");
    }

    @Test
    void closedLineIsDownSilentAndItsSourceIdFree() {
        List<InterruptLine> lines = new ArrayList<>();
        for (int i = 2; i < 64; i++) {
            lines.add(pc.chip.line(10));
        }
        assertThatThrownBy(() -> pc.chip.line(11)).hasMessageStartingWith("ENOSPC");
        InterruptLine line = lines.get(30);
        line.raise();

        line.close();
        line.close();

        assertThat(pc.chips.ioApic().asserted(10)).isFalse();
        assertThat(line.raise()).isEqualTo(IrqChip.IGNORED);
        assertThat(pc.chip.line(11).raise()).isEqualTo(IrqChip.IGNORED);
        assertThat(pc.chips.ioApic().asserted(11)).isTrue();
    }

    @Test
    void sourceIdsThatDoNotExistAreInvalid() {
        assertThat(pc.chip.irqLine(4, true, 64)).isEqualTo(-Errno.EINVAL);
        assertThat(pc.chip.irqLine(4, true, -1)).isEqualTo(-Errno.EINVAL);
        pc.chip.freeSourceId(0);
        pc.chip.freeSourceId(1);
        assertThat(pc.chip.allocateSourceId()).as("0 and 1 are KVM's").isEqualTo(2);
    }

    // ---- the timer on its line

    @Test
    void reinjectedTicksComeOneByOneThroughTheIoApic() {
        Pit8254 pit = new Pit8254(() -> pc.nanos, pc.chip.line(0), PitListener.NONE);
        pc.entry(2, 0x30);
        pit.out(0x43, 0x34);
        pit.out(0x40, 100);
        pit.out(0x40, 0);
        pc.nanos = 300_000;
        pit.expire();
        int ticks = pit.pendingTicks();
        assertThat(ticks).isEqualTo(3);

        for (int i = 0; i < ticks; i++) {
            assertThat(pc.take(0)).isEqualTo(0x30);
            pc.eoi(0);
        }

        assertThat(pc.take(0)).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(pit.pendingTicks()).isZero();
    }

    @Test
    void initializationOfThe8259DoesNotStallTheTimer() {
        Pit8254 pit = new Pit8254(() -> pc.nanos, pc.chip.line(0), PitListener.NONE);
        pc.chips.pic().reset();
        pit.out(0x43, 0x34);
        pit.out(0x40, 100);
        pit.out(0x40, 0);
        pc.nanos = 100_000;
        pit.expire();
        assertThat(pit.pendingTicks()).isEqualTo(1);

        pc.chips.pic().out(Pic.MASTER_COMMAND, 0x11);

        assertThat(pit.pendingTicks()).isZero();
        pc.chips.pic().reset();
        pc.nanos = 200_000;
        pit.expire();
        assertThat(pc.intr).isTrue();
    }

    // ---- who must know

    @Test
    void changesOfRoutesAndNotifiersCallForNewExitBitmaps() {
        int[] scans = new int[1];
        PcRig watched = new PcRig(1, new IrqChipListener() {
            @Override
            public void eoiExitsChanged() {
                scans[0]++;
            }
        });
        assertThat(scans[0]).as("the table").isEqualTo(1);
        InterruptLine line = watched.chip.line(4);
        line.listen(() -> {});
        assertThat(scans[0]).isEqualTo(2);
        line.close();
        assertThat(scans[0]).isEqualTo(3);
        EventFd trigger = new EventFd();
        watched.chip.irqfdAssign(trigger, 4, new EventFd());
        assertThat(scans[0]).isEqualTo(4);
        watched.chip.irqfdDeassign(trigger, 4);

        assertThat(scans[0]).isEqualTo(5);
    }
}
