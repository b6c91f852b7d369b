// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.ApicRegister;
import org.junit.jupiter.api.Test;

/** Who takes a lowest-priority message; SDM vol. 3A, 12.6.2.4. */
class LowestPriorityTest {
    private static final long ALL_EIGHT = 0xFEEF_F00CL;

    private static LocalApic[] apics(ApicBus bus) {
        LocalApic[] apics = new LocalApic[4];
        for (int i = 0; i < apics.length; i++) {
            apics[i] = new LocalApic(i, i == 0, bus, new ManualClock(), ApicListener.NONE);
            ApicRig.enable(apics[i]);
            apics[i].writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24 + i);
        }
        return apics;
    }

    private static int taker(LocalApic[] apics, int vector) {
        int taker = -1;
        for (LocalApic apic : apics) {
            if (apic.irr().contains(vector)) {
                assertThat(taker).as("one takes it").isEqualTo(-1);
                taker = apic.x2ApicId();
            }
        }
        return taker;
    }

    private static int send(ApicBus bus, LocalApic[] apics, long address, int vector) {
        assertThat(bus.sendMsi(address, vector)).isEqualTo(1);
        return taker(apics, vector);
    }

    @Test
    void byPriorityTheLowestProcessorPriorityTakesIt() {
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        LocalApic[] apics = apics(bus);
        apics[0].setTaskPriority(0x30);
        apics[1].setTaskPriority(0x20);
        apics[2].setTaskPriority(0x10);
        apics[3].setTaskPriority(0x10);

        assertThat(send(bus, apics, 0xFEE0_F00CL, 0x41)).isEqualTo(2);
    }

    @Test
    void byVectorTheRankIsTheVectorModuloTheTargets() {
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE, LowestPriority.BY_VECTOR);
        LocalApic[] apics = apics(bus);
        apics[1].setTaskPriority(0xF0);

        assertThat(send(bus, apics, 0xFEE0_F00CL, 0x40)).isZero();
        assertThat(send(bus, apics, 0xFEE0_F00CL, 0x41))
                .as("priority does not matter")
                .isEqualTo(1);
        assertThat(send(bus, apics, 0xFEE0_F00CL, 0x42)).isEqualTo(2);
        assertThat(send(bus, apics, 0xFEE0_F00CL, 0x43)).isEqualTo(3);
    }

    /** KVM's fast path counts bits without processor as well, and drops what falls on one. */
    @Test
    void byVectorHolesInTheDestinationAreNotCounted() {
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE, LowestPriority.BY_VECTOR);
        LocalApic[] apics = apics(bus);
        ApicRig.softwareDisable(apics[2]);

        for (int vector = 0x40; vector < 0x60; vector++) {
            int expected = new int[] {0, 1, 3}[vector % 3];
            assertThat(send(bus, apics, 0xFEEF_F00CL & ~0x8_0000L, vector)).isEqualTo(expected);
        }
    }

    @Test
    void byVectorNobodyTakesItWhereNobodyAccepts() {
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE, LowestPriority.BY_VECTOR);
        LocalApic[] apics = apics(bus);
        for (LocalApic apic : apics) {
            ApicRig.softwareDisable(apic);
        }

        assertThat(bus.sendMsi(ALL_EIGHT & ~0x8_0000L, 0x41)).isZero();
    }
}
