// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import dev.synapic.spec.x86.DestinationShorthand;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a write of ICR does (SDM vol. 3A, 12.6). */
class IcrTest {
    private static final int VECTOR = 0xFD;
    private static final int FIXED = 0x4000 | VECTOR;
    private static final int LOGICAL = DestinationMode.LOGICAL.bits();
    private static final int LOWEST = DeliveryMode.LOWEST_PRIORITY.bits();

    private static void xapicIcr(LocalApic source, int destination, int low) {
        source.writeRegister(ApicRegister.ICR_HIGH, destination << 24);
        source.writeRegister(ApicRegister.ICR_LOW, low);
    }

    private static void x2apicIcr(LocalApic source, int destination, int low) {
        source.writeMsr(0x830, (long) destination << 32 | Integer.toUnsignedLong(low));
    }

    // ---- sending ----------------------------------------------------------------------------------------------------

    @Test
    void writingTheHighHalfSendsNothing() {
        ApicRig rig = ApicRig.xapic(2);
        rig.apics[0].writeRegister(ApicRegister.ICR_HIGH, 1 << 24);
        assertThat(rig.sent).isEmpty();
        rig.apics[0].writeRegister(ApicRegister.ICR_LOW, FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(1);
        assertThat(rig.sent).containsExactly("0:1000000000040fd:1");
    }

    @Test
    void anIdleIcrShowsWhatWasWritten() {
        ApicRig rig = ApicRig.xapic(2);
        xapicIcr(rig.apics[0], 1, 0xFFFF_FFFF & ~0x700);
        assertThat(rig.apics[0].readRegister(ApicRegister.ICR_LOW)).isEqualTo(0xC_C8FF);
        assertThat(rig.apics[0].readRegister(ApicRegister.ICR_HIGH)).isEqualTo(1 << 24);
    }

    @Test
    void aSoftwareDisabledApicSends() {
        ApicRig rig = ApicRig.xapic(2);
        ApicRig.softwareDisable(rig.apics[0]);
        xapicIcr(rig.apics[0], 1, FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(1);
    }

    @Test
    void aHardwareDisabledApicDoesNotSend() {
        ApicRig rig = ApicRig.xapic(2);
        ApicRig.disable(rig.apics[0]);
        rig.apics[0].writeIcr(1L << 56 | FIXED);
        assertThat(rig.sent).isEmpty();
    }

    // SDM vol. 3A, 12.12.11; KVM once changed ICR here.
    @Test
    void selfIpiSendsAFixedEdgeAndLeavesTheIcrAlone() {
        ApicRig rig = ApicRig.x2apic(2);
        x2apicIcr(rig.apics[0], 1, 0x4031);
        rig.apics[0].writeMsr(0x83F, VECTOR);
        assertThat(rig.apics[0].icr()).isEqualTo(0x0000_0001_0000_4031L);
        assertThat(rig.holders(VECTOR)).containsExactly(0);
        assertThat(rig.apics[0].tmr().contains(VECTOR)).isFalse();
    }

    @Test
    void everyAcceptedTargetIsCarriedExactlyOnce() {
        ApicRig rig = ApicRig.x2apic(4);
        ApicRig.softwareDisable(rig.apics[2]);
        x2apicIcr(rig.apics[0], -1, FIXED);
        assertThat(rig.carried).containsExactly("0<-fd", "1<-fd", "3<-fd");
        assertThat(rig.sent).containsExactly("0:ffffffff000040fd:3");
        assertThat(rig.refused).containsExactly("2<-fd");
    }

    // ---- shorthands -------------------------------------------------------------------------------------------------

    @Test
    void shorthandsIgnoreDestinationAndMode() {
        for (DestinationShorthand shorthand : DestinationShorthand.values()) {
            ApicRig rig = ApicRig.xapic(3);
            xapicIcr(rig.apics[1], 2, shorthand.bits() | LOGICAL | FIXED);
            List<Integer> expected = switch (shorthand) {
                case NONE -> List.of();
                case SELF -> List.of(1);
                case ALL_INCLUDING_SELF -> List.of(0, 1, 2);
                case ALL_EXCLUDING_SELF -> List.of(0, 2);
            };
            assertThat(rig.holders(VECTOR)).as(shorthand.name()).isEqualTo(expected);
        }
    }

    @Test
    void aShorthandReachesBothModesAndNoDisabledApic() {
        ApicRig rig = ApicRig.xapic(4);
        ApicRig.toX2apic(rig.apics[1]);
        ApicRig.disable(rig.apics[2]);
        x2apicIcr(rig.apics[1], 0, DestinationShorthand.ALL_EXCLUDING_SELF.bits() | FIXED);
        assertThat(rig.carried).containsExactly("0<-fd", "3<-fd");
    }

    @Test
    void lowestPriorityWithAShorthandIsDeliveredLikeFixed() {
        ApicRig rig = ApicRig.xapic(3);
        xapicIcr(rig.apics[0], 0, DestinationShorthand.ALL_INCLUDING_SELF.bits() | LOWEST | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(0, 1, 2);
    }

    @Test
    void anInitToAllButSelfSparesTheSender() {
        ApicRig rig = ApicRig.xapic(3);
        xapicIcr(rig.apics[0], 0, DestinationShorthand.ALL_EXCLUDING_SELF.bits() | DeliveryMode.INIT.bits() | 0x4000);
        assertThat(rig.apics[0].takeInit()).isFalse();
        assertThat(rig.apics[1].takeInit()).isTrue();
        assertThat(rig.apics[2].takeInit()).isTrue();
    }

    // v86 #797: an NMI by self shorthand.
    @Test
    void anNmiCanBeSentToOneself() {
        ApicRig rig = ApicRig.xapic(1);
        xapicIcr(rig.apics[0], 0, DestinationShorthand.SELF.bits() | DeliveryMode.NMI.bits());
        assertThat(rig.apics[0].takeNmi()).isTrue();
    }

    // ---- physical ---------------------------------------------------------------------------------------------------

    @Test
    void aPhysicalIdReachesItsApic() {
        ApicRig rig = ApicRig.x2apic(300);
        x2apicIcr(rig.apics[0], 299, FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(299);
    }

    // OpenVMM 39832e49e: a target out of range.
    @Test
    void idsOfNobodyReachNobody() {
        ApicRig rig = ApicRig.x2apic(3);
        for (int destination : new int[] {3, 254, 255, 256, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE}) {
            x2apicIcr(rig.apics[0], destination, FIXED);
        }
        assertThat(rig.carried).isEmpty();
        assertThat(rig.sent).hasSize(7).allMatch(text -> text.endsWith(":0"));
    }

    // ACRN #3003: physical id 255 is the broadcast of xAPIC mode.
    @Test
    void destination255IsABroadcastForXapicTargetsOnly() {
        ApicRig rig = ApicRig.xapic(3);
        ApicRig.toX2apic(rig.apics[2]);
        xapicIcr(rig.apics[0], 0xFF, FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(0, 1);
    }

    @Test
    void allOnesIsABroadcastForX2apicTargetsOnly() {
        ApicRig rig = ApicRig.xapic(3);
        ApicRig.toX2apic(rig.apics[1]);
        ApicRig.toX2apic(rig.apics[2]);
        x2apicIcr(rig.apics[1], -1, FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(1, 2);
    }

    @Test
    void id255IsAnOrdinaryIdInX2apicMode() {
        ApicRig rig = new ApicRig(0, 255, 256);
        for (LocalApic apic : rig.apics) {
            ApicRig.toX2apic(apic);
            ApicRig.enable(apic);
        }
        x2apicIcr(rig.apics[0], 0xFF, FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(255);
    }

    @Test
    void aPhysicalBroadcastWithLowestPriorityGoesToAll() {
        ApicRig rig = ApicRig.xapic(3);
        xapicIcr(rig.apics[0], 0xFF, LOWEST | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(0, 1, 2);
    }

    // KVM's slow path; kvm-unit-tests apic.c, aliased xAPIC ids.
    @Test
    void aSharedIdReachesEveryApicThatHasIt() {
        ApicRig rig = ApicRig.xapic(4);
        rig.apics[3].writeRegister(ApicRegister.ID, 1 << 24);
        xapicIcr(rig.apics[0], 1, FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(1, 3);
        assertThat(rig.bus.map().physicalIdAliased()).isTrue();
        rig.apics[3].writeRegister(ApicRegister.ID, 3 << 24);
        assertThat(rig.bus.map().physicalIdAliased()).isFalse();
    }

    // KVM: so that a processor with a large id, still in xAPIC mode, can be started.
    @Test
    void anIdAbove255ReachesItsApicBeforeItEntersX2apicMode() {
        ApicRig rig = new ApicRig(0, 0x123);
        ApicRig.toX2apic(rig.apics[0]);
        x2apicIcr(rig.apics[0], 0x123, DeliveryMode.STARTUP.bits() | 0x12);
        assertThat(rig.apics[1].takeSipi()).isEqualTo(0x12);
    }

    // ---- logical ----------------------------------------------------------------------------------------------------

    private static void ldr(LocalApic apic, int logicalId) {
        apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, logicalId << 24);
    }

    private static ApicRig clusters(int count) {
        ApicRig rig = ApicRig.xapic(count);
        for (int i = 0; i < count; i++) {
            rig.apics[i].writeRegister(ApicRegister.DESTINATION_FORMAT, 0x0FFF_FFFF);
            ldr(rig.apics[i], (i / 4) << 4 | 1 << (i % 4));
        }
        return rig;
    }

    @Test
    void flatIdsAreAMaskOfEight() {
        ApicRig rig = ApicRig.xapic(8);
        for (int i = 0; i < 8; i++) {
            // Bits against the order of ids, to show the order of service.
            ldr(rig.apics[i], 0x80 >> i);
        }
        xapicIcr(rig.apics[0], 0b1010_0101, LOGICAL | FIXED);
        assertThat(rig.carried).containsExactly("0<-fd", "2<-fd", "5<-fd", "7<-fd");
    }

    @Test
    void clusterIdsAreAClusterAndAMaskOfFour() {
        ApicRig rig = clusters(12);
        xapicIcr(rig.apics[0], 0x1B, LOGICAL | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(4, 5, 7);
    }

    @Test
    void aLogicalDestinationOf255ReachesAllInEveryModel() {
        ApicRig rig = clusters(6);
        rig.apics[5].writeRegister(ApicRegister.DESTINATION_FORMAT, 0x5FFF_FFFF);
        ldr(rig.apics[4], 0);
        xapicIcr(rig.apics[0], 0xFF, LOGICAL | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void anUnknownFormatMatchesNothingButTheBroadcast() {
        ApicRig rig = ApicRig.xapic(2);
        ldr(rig.apics[1], 0x02);
        rig.apics[1].writeRegister(ApicRegister.DESTINATION_FORMAT, 0x5FFF_FFFF);
        xapicIcr(rig.apics[0], 0x02, LOGICAL | FIXED);
        assertThat(rig.carried).isEmpty();
        assertThat(rig.bus.map().logicalIdAliased()).isTrue();
    }

    @Test
    void anIdWithSeveralBitsMatchesEachOfThem() {
        ApicRig rig = ApicRig.xapic(2);
        ldr(rig.apics[0], 0x01);
        ldr(rig.apics[1], 0x06);
        xapicIcr(rig.apics[0], 0x04, LOGICAL | FIXED);
        xapicIcr(rig.apics[0], 0x02, LOGICAL | FIXED);
        assertThat(rig.carried).containsExactly("1<-fd", "1<-fd");
    }

    @Test
    void x2apicLogicalIdsAreAClusterAndAMaskOfSixteen() {
        ApicRig rig = ApicRig.x2apic(40);
        x2apicIcr(rig.apics[0], 0x0001_8005, LOGICAL | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(16, 18, 31);
    }

    @Test
    void anX2apicMaskOf255InClusterZeroIsNoBroadcast() {
        ApicRig rig = ApicRig.x2apic(20);
        x2apicIcr(rig.apics[0], 0xFF, LOGICAL | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }

    @Test
    void allOnesIsABroadcastInX2apicLogicalMode() {
        ApicRig rig = ApicRig.x2apic(40);
        x2apicIcr(rig.apics[0], -1, LOGICAL | FIXED);
        assertThat(rig.holders(VECTOR)).hasSize(40);
    }

    // KVM's map leaves software-disabled APICs out of its logical half; the walk, and this map, do not.
    @Test
    void aLogicalNmiReachesASoftwareDisabledApic() {
        ApicRig rig = ApicRig.xapic(2);
        ldr(rig.apics[1], 0x02);
        ApicRig.softwareDisable(rig.apics[1]);
        xapicIcr(rig.apics[0], 0x02, LOGICAL | DeliveryMode.NMI.bits());
        assertThat(rig.apics[1].pendingNmis()).isEqualTo(1);
    }

    // ---- lowest priority --------------------------------------------------------------------------------------------

    @Test
    void lowestPriorityGoesToTheLeastBusyProcessor() {
        ApicRig rig = ApicRig.x2apic(4);
        rig.apics[0].setTaskPriority(0x50);
        rig.apics[1].setTaskPriority(0x30);
        rig.apics[2].setTaskPriority(0x20);
        rig.apics[3].setTaskPriority(0x40);
        x2apicIcr(rig.apics[0], 0xF, LOGICAL | LOWEST | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(2);
    }

    @Test
    void anInterruptInServiceCountsAsPriority() {
        ApicRig rig = ApicRig.x2apic(2);
        rig.bus.deliver(rig.apics[0], ApicRequest.fixed(0x91));
        rig.apics[0].acknowledge(rig.apics[0].pendingVector());
        x2apicIcr(rig.apics[0], 0x3, LOGICAL | LOWEST | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(1);
    }

    @Test
    void amongEqualsTheLowestIdTakesIt() {
        ApicRig rig = ApicRig.x2apic(4);
        x2apicIcr(rig.apics[0], 0xE, LOGICAL | LOWEST | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(1);
    }

    // KVM's hashing may drop the interrupt here; arbitration looks at those who can accept.
    @Test
    void lowestPriorityPassesOverHolesAndSoftwareDisabledApics() {
        ApicRig rig = ApicRig.x2apic(4);
        ApicRig.softwareDisable(rig.apics[1]);
        ApicRig.disable(rig.apics[2]);
        x2apicIcr(rig.apics[0], 0xFFFE, LOGICAL | LOWEST | FIXED);
        assertThat(rig.holders(VECTOR)).containsExactly(3);
        assertThat(rig.sent).containsExactly("0:fffe000049fd:1");
    }

    @Test
    void lowestPriorityThatNobodyAcceptsIsRefusedOnce() {
        ApicRig rig = ApicRig.x2apic(3);
        ApicRig.softwareDisable(rig.apics[1]);
        ApicRig.softwareDisable(rig.apics[2]);
        x2apicIcr(rig.apics[0], 0x6, LOGICAL | LOWEST | FIXED);
        x2apicIcr(rig.apics[0], 0x8, LOGICAL | LOWEST | FIXED);
        assertThat(rig.carried).isEmpty();
        assertThat(rig.refused).containsExactly("2<-fd");
    }

    // ---- devices ----------------------------------------------------------------------------------------------------

    // SDM vol. 3A, 12.11.1: address bits 19:12, DM in bit 2; 12.11.2: vector, mode, trigger mode.
    @Test
    void anMsiNamesItsTargetInItsAddress() {
        ApicRig rig = ApicRig.xapic(3);
        assertThat(rig.bus.sendMsi(0xFEE0_2000L, 0x80FD)).isEqualTo(1);
        assertThat(rig.holders(VECTOR)).containsExactly(2);
        assertThat(rig.apics[2].tmr().contains(VECTOR)).isTrue();
        assertThat(rig.sent).containsExactly("device:20000c0fd:1");
    }

    @Test
    void anMsiReachesIdsAbove255InBothExtendedFormats() {
        ApicRig rig = ApicRig.x2apic(0x300);
        rig.bus.sendMsi(0xFEE0_0000L | 0x23 << 12 | 0x1 << 5, VECTOR);
        rig.bus.sendMsi(0x0000_0200_FEE0_0000L | 0x45 << 12, VECTOR);
        assertThat(rig.holders(VECTOR)).containsExactly(0x123, 0x245);
    }

    @Test
    void aDevicesBroadcastIsWidenedForX2apicTargets() {
        ApicRig rig = ApicRig.xapic(3);
        ApicRig.toX2apic(rig.apics[2]);
        rig.bus.sendMsi(0xFEEF_F000L, VECTOR);
        assertThat(rig.holders(VECTOR)).containsExactly(0, 1, 2);
        ApicRig all = ApicRig.x2apic(20);
        all.bus.send(0xFF, DestinationMode.LOGICAL, FIXED);
        assertThat(all.holders(VECTOR)).hasSize(20);
    }

    // SDM vol. 3A, 12.11.1: RH with DM asks for the processor with the lowest priority.
    @Test
    void theRedirectionHintArbitratesForLogicalDestinationsOnly() {
        ApicRig rig = ApicRig.x2apic(3);
        rig.apics[0].setTaskPriority(0x20);
        rig.bus.sendMsi(0xFEE0_7000L | 1 << 3 | 1 << 2, VECTOR);
        assertThat(rig.holders(VECTOR)).containsExactly(1);
        rig.bus.sendMsi(0xFEE0_2000L | 1 << 3, 0xFC);
        assertThat(rig.holders(0xFC)).containsExactly(2);
        rig.bus.sendMsi(0xFEE0_7000L | 1 << 2, 0xFB);
        assertThat(rig.holders(0xFB)).containsExactly(0, 1, 2);
        rig.bus.sendMsi(0xFEE0_7000L | 1 << 3 | 1 << 2, DeliveryMode.NMI.bits());
        assertThat(rig.apics[0].pendingNmis()).isEqualTo(1);
        assertThat(rig.apics[2].pendingNmis()).isEqualTo(1);
    }

    @Test
    void anMsiInLowestPriorityModeArbitrates() {
        ApicRig rig = ApicRig.x2apic(3);
        rig.bus.sendMsi(0xFEE0_6000L | 1 << 2, LOWEST | VECTOR);
        assertThat(rig.holders(VECTOR)).containsExactly(1);
    }

    @Test
    void aMessageSaysForWhomItIsWithoutBeingSent() {
        ApicRig rig = ApicRig.x2apic(20);
        LocalApic apic = rig.apics[17];
        assertThat(rig.bus.matches(apic, 17, DestinationMode.PHYSICAL)).isTrue();
        assertThat(rig.bus.matches(apic, 16, DestinationMode.PHYSICAL)).isFalse();
        assertThat(rig.bus.matches(apic, 0xFF, DestinationMode.PHYSICAL)).isTrue();
        assertThat(rig.bus.matches(apic, 0x0001_0002, DestinationMode.LOGICAL)).isTrue();
        ApicRig.disable(apic);
        assertThat(rig.bus.matches(apic, 0xFF, DestinationMode.PHYSICAL)).isFalse();
    }
}
