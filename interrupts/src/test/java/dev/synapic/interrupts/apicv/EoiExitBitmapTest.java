// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apicv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.routing.EventFd;
import dev.synapic.interrupts.routing.GsiRoutingTable;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.IrqChips;
import dev.synapic.interrupts.routing.PinPort;
import dev.synapic.interrupts.routing.SintPort;
import org.junit.jupiter.api.Test;

/** Which EOIs the interrupt chips must see. SINTs: SynIcApicvTest. */
class EoiExitBitmapTest {
    private static final int LEVEL = 1 << 15;

    private final ApicRig rig = ApicRig.xapic(2);
    private final IrqChips chips = new IrqChips(
            IoApicModel.V11, rig.bus::sendMsi, asserted -> {}, () -> 0, IoApicListener.NONE, PicListener.NONE);
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.FULL, rig.bus::sendMsi, SintPort.ABSENT, chips, IrqChipListener.NONE);

    EoiExitBitmapTest() {
        chip.setGsiRouting(GsiRoutingTable.pc().entries());
        rig.apics[0].onEoi(chip);
        rig.apics[1].onEoi(chip);
    }

    private void entry(int pin, int low, int destination) {
        IoApic ioApic = chips.ioApic();
        ioApic.write(0, 4, 0x11 + 2 * pin);
        ioApic.write(0x10, 4, (long) destination << 24);
        ioApic.write(0, 4, 0x10 + 2 * pin);
        ioApic.write(0x10, 4, low);
    }

    private EoiExitBitmap of(int processor) {
        EoiExitBitmap bitmap = new EoiExitBitmap();
        bitmap.load(null, rig.apics[processor], chip::collectEoiExits);
        return bitmap;
    }

    @Test
    void levelEntriesExitOnTheProcessorsTheyReach() {
        entry(10, 0x3A | LEVEL, 1);
        entry(11, 0x3B, 1);

        assertThat(of(1).exits(0x3A)).isTrue();
        assertThat(of(1).exits(0x3B)).as("an edge").isFalse();
        assertThat(of(0).exits(0x3A)).isFalse();
    }

    @Test
    void edgeEntriesExitWhileTheirAcknowledgementIsAwaited() {
        entry(11, 0x3B, 0);
        EventFd trigger = new EventFd();

        chip.irqfdAssign(trigger, 11, new EventFd());
        assertThat(of(0).exits(0x3B)).isTrue();
        chip.irqfdDeassign(trigger, 11);

        assertThat(of(0).exits(0x3B)).isFalse();
    }

    /** The entry moved away while its interrupt was under way: its EOI must still be seen. */
    @Test
    void vectorThatIsUnderWayExitsWhereItIs() {
        entry(10, 0x3A | LEVEL, 0);
        chip.irqLine(10, true, 0);
        entry(10, 0x3A | LEVEL, 1);

        assertThat(of(0).exits(0x3A)).as("requested").isTrue();
        rig.apics[0].acknowledge(rig.apics[0].pendingVector());
        assertThat(of(0).exits(0x3A)).as("in service").isTrue();
        chip.irqLine(10, false, 0);
        rig.apics[0].eoi();

        assertThat(of(0).exits(0x3A)).isFalse();
        assertThat((chips.ioApic().entry(10) & 1 << 14)).as("remote-IRR").isZero();
    }

    /** Its broadcast ends a pin of another processor with the same vector (SDM 12.8.5), and nobody must lose that. */
    @Test
    void eoiOfALevelInServiceExitsWhoeverSentIt() {
        EoiExitBitmap bitmap = of(0);
        chip.signalMsi(0xFEE0_0000L, 0x3C | LEVEL);
        rig.apics[0].acknowledge(rig.apics[0].pendingVector());

        assertThat(bitmap.exits(0x3C)).isTrue();
        rig.apics[0].eoi();

        assertThat(bitmap.exits(0x3C)).isFalse();
    }

    @Test
    void entriesWithoutLegalVectorDoNotExit() {
        entry(10, 0x0F | LEVEL, 0);
        entry(11, 0x400 | 0x3B | LEVEL, 0);

        assertThat(of(0).exits(0x0F)).isFalse();
        assertThat(of(0).exits(0x3B)).as("NMI").isFalse();
    }

    /** CVE-2018-19407: a scan for a machine without IOAPIC. */
    @Test
    void machineWithoutChipsHasNothingToScan() {
        for (IrqChip.Mode mode : IrqChip.Mode.values()) {
            IrqChip bare = new IrqChip(mode, rig.bus::sendMsi, SintPort.ABSENT, PinPort.ABSENT, IrqChipListener.NONE);
            EoiExitBitmap bitmap = new EoiExitBitmap();
            bitmap.load(null, rig.apics[0], bare::collectEoiExits);
            bare.eoi(rig.apics[0], 0x31, true);

            for (int word = 0; word < 4; word++) {
                assertThat(bitmap.word(word)).isZero();
            }
        }
    }

    @Test
    void loadForgetsWhatWasLoadedBefore() {
        EoiExitBitmap bitmap = new EoiExitBitmap();
        entry(10, 0x3A | LEVEL, 0);
        bitmap.load(null, rig.apics[0], chip::collectEoiExits);
        entry(10, 0x3B | LEVEL, 0);

        bitmap.load(null, rig.apics[0], chip::collectEoiExits);

        assertThat(bitmap.exits(0x3A)).isFalse();
        assertThat(bitmap.exits(0x3B)).isTrue();
    }
}
