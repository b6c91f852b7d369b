// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.DeliveryMode;
import org.junit.jupiter.api.Test;

/** NMI, INIT, SIPI and SMI (SDM vol. 3A, 10.4, 12.4.7.3 and 12.6.1). */
class ProcessorEventsTest {
    private final ApicRig rig = ApicRig.xapic(2);
    private final LocalApic bsp = rig.apics[0];
    private final LocalApic ap = rig.apics[1];

    private int offer(LocalApic target, DeliveryMode mode, int vector) {
        return rig.bus.deliver(target, ApicRequest.edge(mode, vector));
    }

    private void startUp() {
        offer(ap, DeliveryMode.STARTUP, 0x9A);
        assertThat(ap.takeSipi()).isEqualTo(0x9A);
    }

    @Test
    void afterPowerOnApplicationProcessorsWaitForSipi() {
        assertThat(bsp.waitingForSipi()).isFalse();
        assertThat(ap.waitingForSipi()).isTrue();
        startUp();
        assertThat(ap.waitingForSipi()).isFalse();
    }

    @Test
    void initAndSipiStartAProcessor() {
        startUp();
        offer(ap, DeliveryMode.INIT, 0);
        assertThat(ap.hasEvents()).isTrue();
        assertThat(ap.takeInit()).isTrue();
        ap.init();
        assertThat(ap.hasEvents()).isFalse();
        assertThat(ap.waitingForSipi()).isTrue();
        offer(ap, DeliveryMode.STARTUP, 0x12);
        assertThat(ap.hasEvents()).isTrue();
        assertThat(ap.takeSipi()).isEqualTo(0x12);
        assertThat(ap.hasEvents()).isFalse();
    }

    @Test
    void aSipiRightBehindItsInitIsNotLost() {
        startUp();
        offer(ap, DeliveryMode.INIT, 0);
        offer(ap, DeliveryMode.STARTUP, 0x12);
        assertThat(ap.takeSipi()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(ap.takeInit()).isTrue();
        ap.init();
        assertThat(ap.takeSipi()).isEqualTo(0x12);
    }

    // SDM vol. 3A, 10.4.4.1: the second SIPI of the sequence is ignored.
    @Test
    void theFirstSipiWins() {
        offer(ap, DeliveryMode.STARTUP, 0x12);
        offer(ap, DeliveryMode.STARTUP, 0x34);
        assertThat(ap.hasEvents()).isTrue();
        offer(ap, DeliveryMode.STARTUP, 0x56);
        assertThat(ap.takeSipi()).isEqualTo(0x12);
        offer(ap, DeliveryMode.STARTUP, 0x78);
        assertThat(ap.takeSipi()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(ap.hasEvents()).isFalse();
    }

    @Test
    void aSipiForARunningProcessorIsDropped() {
        assertThat(offer(bsp, DeliveryMode.STARTUP, 0x12)).isEqualTo(1);
        assertThat(bsp.hasEvents()).isFalse();
        assertThat(bsp.takeSipi()).isEqualTo(LocalApic.NO_VECTOR);
    }

    // OpenVMM #3666, late-init-eats-sipi: an INIT withdraws a SIPI that was not taken yet.
    @Test
    void aLateInitWithdrawsASipi() {
        startUp();
        offer(ap, DeliveryMode.INIT, 0);
        offer(ap, DeliveryMode.STARTUP, 0x12);
        offer(ap, DeliveryMode.INIT, 0);
        assertThat(ap.takeInit()).isTrue();
        ap.init();
        assertThat(ap.takeSipi()).isEqualTo(LocalApic.NO_VECTOR);
        offer(ap, DeliveryMode.STARTUP, 0x34);
        assertThat(ap.hasEvents()).isTrue();
        offer(ap, DeliveryMode.INIT, 0);
        assertThat(ap.takeSipi()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(ap.takeInit()).isTrue();
    }

    @Test
    void theBootstrapProcessorDoesNotWaitAfterInit() {
        offer(bsp, DeliveryMode.INIT, 0);
        offer(bsp, DeliveryMode.STARTUP, 0x12);
        assertThat(bsp.takeInit()).isTrue();
        bsp.init();
        assertThat(bsp.waitingForSipi()).isFalse();
        assertThat(bsp.takeSipi()).isEqualTo(LocalApic.NO_VECTOR);
    }

    // SDM vol. 3A, 12.6.1: INIT level de-assert is not supported since Pentium 4.
    @Test
    void aLevelTriggeredInitDeassertIsIgnored() {
        int deassert = ApicRequest.level(DeliveryMode.INIT, 0) & ~(1 << 14);
        assertThat(rig.bus.deliver(bsp, deassert)).isZero();
        assertThat(bsp.hasEvents()).isFalse();
        assertThat(rig.bus.deliver(bsp, ApicRequest.level(DeliveryMode.INIT, 0)))
                .isEqualTo(1);
        assertThat(bsp.takeInit()).isTrue();
    }

    // SDM vol. 3A, 12.4.7.2: NMI, INIT, SMI and SIPI work in a software-disabled APIC.
    @Test
    void aSoftwareDisabledApicStillTakesNmiInitSmiAndSipi() {
        ApicRig.softwareDisable(bsp);
        assertThat(offer(bsp, DeliveryMode.NMI, 0)).isEqualTo(1);
        assertThat(offer(bsp, DeliveryMode.SMI, 0)).isEqualTo(1);
        assertThat(offer(bsp, DeliveryMode.STARTUP, 0)).isEqualTo(1);
        assertThat(offer(bsp, DeliveryMode.INIT, 0)).isEqualTo(1);
        assertThat(offer(bsp, DeliveryMode.FIXED, 0x40)).isZero();
        assertThat(offer(bsp, DeliveryMode.LOWEST_PRIORITY, 0x40)).isZero();
    }

    @Test
    void aHardwareDisabledApicTakesNothing() {
        ApicRig.disable(bsp);
        for (DeliveryMode mode : DeliveryMode.values()) {
            assertThat(offer(bsp, mode, 0x40)).as(mode.name()).isZero();
        }
    }

    // KVM: two NMIs wait at most; kvm-unit-tests apic.c, multiple nmi.
    @Test
    void twoNmisAreLatched() {
        for (int i = 0; i < 5; i++) {
            offer(bsp, DeliveryMode.NMI, 0);
        }
        assertThat(bsp.pendingNmis()).isEqualTo(2);
        offer(bsp, DeliveryMode.NMI, 0);
        assertThat(bsp.pendingNmis()).isEqualTo(2);
        assertThat(bsp.takeNmi()).isTrue();
        assertThat(bsp.takeNmi()).isFalse();
        bsp.unblockNmi();
        assertThat(bsp.takeNmi()).isTrue();
        bsp.unblockNmi();
        assertThat(bsp.takeNmi()).isFalse();
    }

    // SDM vol. 3A, 7.7.1; kvm-unit-tests apic.c, pending nmi: ten NMIs inside the handler make one more.
    @Test
    void whileTheHandlerRunsOneNmiIsLatched() {
        offer(bsp, DeliveryMode.NMI, 0);
        assertThat(bsp.takeNmi()).isTrue();
        for (int i = 0; i < 10; i++) {
            offer(bsp, DeliveryMode.NMI, 0);
        }
        assertThat(bsp.hasEvents()).isFalse();
        bsp.unblockNmi();
        assertThat(bsp.hasEvents()).isTrue();
        assertThat(bsp.takeNmi()).isTrue();
        bsp.unblockNmi();
        assertThat(bsp.takeNmi()).isFalse();
    }

    @Test
    void aProcessorThatWaitsForSipiKeepsAnNmiForLater() {
        offer(ap, DeliveryMode.NMI, 0);
        assertThat(ap.hasEvents()).isFalse();
        assertThat(ap.takeNmi()).isFalse();
        startUp();
        assertThat(ap.takeNmi()).isTrue();
    }

    @Test
    void initDropsPendingNmis() {
        offer(bsp, DeliveryMode.NMI, 0);
        bsp.init();
        assertThat(bsp.pendingNmis()).isZero();
        offer(bsp, DeliveryMode.NMI, 0);
        bsp.takeNmi();
        bsp.reset();
        offer(bsp, DeliveryMode.NMI, 0);
        assertThat(bsp.takeNmi()).isTrue();
    }

    // Not modelled: SMM. The count says how many a guest would have had.
    @Test
    void smisAreCountedAndDoNothing() {
        offer(bsp, DeliveryMode.SMI, 0);
        offer(bsp, DeliveryMode.SMI, 0);
        assertThat(bsp.smiCount()).isEqualTo(2);
        assertThat(bsp.hasEvents()).isFalse();
        bsp.reset();
        assertThat(bsp.smiCount()).isZero();
    }

    // Windows sends remote reads; ExtINT messages have no source here.
    @Test
    void remoteReadAndExtIntAreIgnored() {
        assertThat(offer(bsp, DeliveryMode.REMOTE_READ, 0x40)).isZero();
        assertThat(offer(bsp, DeliveryMode.EXTINT, 0x40)).isZero();
        bsp.arrive(ApicRequest.edge(DeliveryMode.EXTINT, 0x40));
        assertThat(rig.arrived).isEmpty();
        assertThat(bsp.hasEvents()).isFalse();
        assertThat(bsp.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
    }
}
