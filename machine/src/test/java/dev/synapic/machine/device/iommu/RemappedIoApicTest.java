// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.interrupts.ioapic.IoApic;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.ioapic.IoApicPins;
import dev.synapic.spec.x86.IoApicRegister;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The I/O APIC behind the unit: VT-d 5.1.5.1, and how Linux uses the two (drivers/iommu/intel/irq_remapping.c). */
class RemappedIoApicTest {
    private static final int PIN = 11;
    private static final int VECTOR = 0x55;
    private static final long LEVEL = 1 << 15;
    private static final long FORMAT = 1L << 48;
    private static final int INDEX = 0x123;
    private static final int IRTE_LEVEL = 1 << 4;
    /** F0:1F.0, verified in full. */
    private static final long FROM_IO_APIC = 0xF0F8 | 1 << 18;

    private final IommuRig rig = new IommuRig(IommuConfig.standard(), 0, 1, 300).remapInterrupts(true);
    private final IoApic chip = new IoApic(
            IoApicModel.V20.with(IoApicModel.Destination.REMAPPABLE),
            rig.unit.chipMessages(RemappingUnit.IO_APIC_DEVICE),
            () -> 0,
            IoApicPins.NONE,
            IoApicListener.NONE);

    @BeforeEach
    void connect() {
        rig.apics.forEach(apic -> apic.onEoi(chip));
    }

    @AfterEach
    void close() {
        rig.close();
    }

    private void program(long entry) {
        register(0x11 + 2 * PIN, (int) (entry >>> 32));
        register(0x10 + 2 * PIN, (int) entry);
    }

    private void register(int index, int value) {
        chip.write(IoApicRegister.SELECT, 4, index);
        chip.write(IoApicRegister.WINDOW, 4, value);
    }

    private void remap(int vector, int destination, int modes) {
        rig.entry(INDEX, 1 | modes | (long) vector << 16 | (long) destination << 32, FROM_IO_APIC);
    }

    private static long remappable(int vector) {
        return FORMAT | (long) INDEX << 49 | vector;
    }

    private boolean remoteIrr() {
        return (chip.entry(PIN) >> 14 & 1) != 0;
    }

    private void takeAndEnd(LocalApic apic) {
        apic.acknowledge(apic.pendingVector());
        apic.eoi();
    }

    @Test
    void aPinReachesAnIdAbove255() {
        remap(VECTOR, 300, 0);
        program(remappable(VECTOR));
        assertThat(chip.set(PIN, true, 0)).isEqualTo(1);
        assertThat(rig.apics.get(2).irr().contains(VECTOR)).isTrue();
    }

    /** 5.1.5.1: with the same vector in both entries the end of a level finds its pin. */
    @Test
    void aLevelEndsAtTheChipWhereBothEntriesHaveTheVector() {
        remap(VECTOR, 1, IRTE_LEVEL);
        program(remappable(VECTOR) | LEVEL);
        chip.set(PIN, true, 0);
        assertThat(remoteIrr()).isTrue();
        takeAndEnd(rig.apics.get(1));
        assertThat(remoteIrr()).as("the line is still up: sent again").isTrue();
        chip.set(PIN, false, 0);
        takeAndEnd(rig.apics.get(1));
        assertThat(remoteIrr()).isFalse();
    }

    /** Linux: the remapping entry is an edge; the pin is a level with its number as vector, ended by the EOI register. */
    @Test
    void aLevelOfLinuxEndsByTheEoiRegister() {
        remap(VECTOR, 1, 0);
        program(remappable(PIN) | LEVEL);
        chip.set(PIN, true, 0);
        chip.set(PIN, false, 0);
        takeAndEnd(rig.apics.get(1));
        assertThat(remoteIrr()).as("an edge's end is not broadcast").isTrue();
        chip.write(IoApicRegister.EOI, 4, PIN);
        assertThat(remoteIrr()).isFalse();
    }

    /** Where the message will go is the unit's knowledge, so any processor's end may matter. */
    @Test
    void theEndOfARemappedLevelIsAwaitedOnEveryProcessor() {
        program(remappable(VECTOR) | LEVEL);
        for (LocalApic apic : rig.apics) {
            VectorBitmap exits = new VectorBitmap();
            chip.collectEoiExits(apic, exits);
            assertThat(exits.contains(VECTOR)).isTrue();
        }
    }

    @Test
    void aRefusedPinIsIgnoredAndTold() {
        rig.entry(INDEX, 1 | (long) VECTOR << 16, IommuRig.FUNCTION | 1 << 18);
        program(remappable(VECTOR) | LEVEL);
        assertThat(chip.set(PIN, true, 0)).isEqualTo(IoApic.IGNORED);
        assertThat(remoteIrr()).isFalse();
        assertThat(rig.fault()).isEqualTo("26 f0f8 123000000000000");
    }
}
