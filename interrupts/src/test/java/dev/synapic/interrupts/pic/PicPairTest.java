// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

import static dev.synapic.interrupts.pic.PicRig.NON_SPECIFIC_EOI;
import static dev.synapic.interrupts.pic.PicRig.SPECIFIC_EOI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.Pic;
import org.junit.jupiter.api.Test;

/** 8259A data sheet. Vectors are those of a PC's firmware: IRQ 0 is 0x08, IRQ 8 is 0x70. */
class PicPairTest {
    private final PicRig rig = new PicRig();
    private final PicPair pic = rig.pic;

    // ---- requests

    @Test
    void edgeRaisesTheOutputAndGivesItsVector() {
        assertThat(rig.raise(1)).isEqualTo(1);

        assertThat(pic.output()).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x09);
        assertThat(pic.output()).isFalse();
        assertThat(rig.output).containsExactly(true, false);
        assertThat(rig.masterInService()).isEqualTo(1 << 1);
        assertThat(rig.masterRequests()).isZero();
    }

    /** A pulse is over before anybody looks; KVM and QEMU keep it too. */
    @Test
    void pulsedEdgeIsKeptUntilItIsTaken() {
        rig.pulse(1);

        assertThat(rig.raise(1)).as("merged").isEqualTo(PicPair.COALESCED);
        assertThat(pic.acknowledge()).isEqualTo(0x09);
    }

    @Test
    void lineThatStaysUpMakesOneEdge() {
        rig.raise(1);
        pic.acknowledge();
        rig.master(NON_SPECIFIC_EOI);

        assertThat(rig.raise(1)).isEqualTo(PicPair.COALESCED);
        assertThat(pic.output()).isFalse();
        rig.lower(1);
        assertThat(rig.raise(1)).isEqualTo(1);
    }

    @Test
    void lineIsTheOrOfItsSources() {
        pic.out(Pic.ELCR1, 1 << 5);
        pic.set(5, true, 2);
        pic.set(5, true, 9);
        pic.set(5, false, 2);

        assertThat(pic.output()).isTrue();
        pic.set(5, false, 9);

        assertThat(pic.output()).isFalse();
    }

    @Test
    void maskedEdgeWaitsForItsUnmasking() {
        rig.mask(1 << 1);
        assertThat(rig.raise(1)).isEqualTo(PicPair.IGNORED);
        rig.lower(1);
        assertThat(pic.output()).isFalse();

        rig.mask(0);

        assertThat(pic.output()).isTrue();
        assertThat(pic.acknowledge()).isEqualTo(0x09);
    }

    @Test
    void cascadeLineBelongsToNoDevice() {
        assertThat(rig.raise(2)).isEqualTo(PicPair.IGNORED);
        assertThat(pic.output()).isFalse();
    }

    // ---- level inputs

    @Test
    void edgeLevelRegistersKeepTheLegacyLinesAtEdge() {
        pic.out(Pic.ELCR1, 0xFF);
        pic.out(Pic.ELCR2, 0xFF);

        assertThat(pic.in(Pic.ELCR1)).isEqualTo(0xF8);
        assertThat(pic.in(Pic.ELCR2)).isEqualTo(0xDE);
    }

    /** KVM acknowledges it all the same, so that a resampler is told of an end that was none. */
    @Test
    void eoiOfAnInputThatIsNotInServiceIsNobodys() {
        rig.master(SPECIFIC_EOI | 5);
        assertThat(rig.seen).isEmpty();
    }

    /** KVM keeps the request until it is taken. */
    @Test
    void inputThatBecomesALevelForgetsItsEdge() {
        rig.pulse(5);
        pic.out(Pic.ELCR1, 1 << 5);
        assertThat(rig.masterRequests()).as("its line is down").isZero();

        rig.raise(5);
        pic.out(Pic.ELCR1, 0);
        assertThat(rig.masterRequests()).as("must rise anew").isZero();
        rig.lower(5);
        rig.raise(5);
        assertThat(rig.masterRequests()).isEqualTo(1 << 5);
    }

    @Test
    void levelIsRequestedAsLongAsItIsUp() {
        pic.out(Pic.ELCR1, 1 << 5);
        rig.raise(5);
        pic.acknowledge();
        rig.master(NON_SPECIFIC_EOI);
        assertThat(pic.output()).as("still up").isTrue();

        pic.acknowledge();
        rig.lower(5);
        rig.master(NON_SPECIFIC_EOI);

        assertThat(pic.output()).isFalse();
    }

    /** Data sheet, "Interrupt sequence": IR7 is the default where no request stands at INTA. */
    @Test
    void levelThatFallsBeforeInterruptAcknowledgeIsSpurious() {
        pic.out(Pic.ELCR1, 1 << 5);
        rig.raise(5);
        rig.lower(5);

        assertThat(pic.acknowledge()).isEqualTo(0x0F);
        assertThat(rig.masterInService()).as("no EOI is due").isZero();
    }

    @Test
    void slaveRequestThatFallsIsItsSpuriousInterruptAndLeavesTheMasterInService() {
        pic.out(Pic.ELCR2, 1 << 2);
        rig.raise(10);
        rig.lower(10);

        assertThat(pic.acknowledge()).isEqualTo(0x77);
        assertThat(rig.slaveInService()).isZero();
        assertThat(rig.masterInService()).as("the master wants its EOI").isEqualTo(1 << 2);
    }

    // ---- priorities

    @Test
    void lowerInputsWinAndInterruptHigherOnes() {
        rig.pulse(5);
        rig.pulse(3);
        assertThat(pic.acknowledge()).isEqualTo(0x0B);
        assertThat(pic.output()).as("5 waits for 3").isFalse();
        rig.pulse(1);
        assertThat(pic.acknowledge()).as("1 nests in 3").isEqualTo(0x09);

        rig.master(NON_SPECIFIC_EOI);
        assertThat(rig.masterInService()).isEqualTo(1 << 3);
        rig.master(NON_SPECIFIC_EOI);

        assertThat(pic.acknowledge()).isEqualTo(0x0D);
    }

    @Test
    void slaveComesThroughInputTwo() {
        rig.pulse(3);
        rig.pulse(12);

        assertThat(pic.acknowledge()).as("2 is before 3").isEqualTo(0x74);
        assertThat(rig.masterInService()).isEqualTo(1 << 2);
        assertThat(rig.slaveInService()).isEqualTo(1 << 4);
        rig.slave(NON_SPECIFIC_EOI);
        assertThat(pic.output()).as("the master's own EOI is missing").isFalse();
        rig.master(NON_SPECIFIC_EOI);

        assertThat(pic.acknowledge()).isEqualTo(0x0B);
    }

    @Test
    void fullyNestedMasterHoldsBackAMoreUrgentInputOfTheSlave() {
        rig.pulse(12);
        pic.acknowledge();
        rig.pulse(8);
        assertThat(pic.output()).isFalse();

        rig.master(NON_SPECIFIC_EOI);

        assertThat(pic.acknowledge()).isEqualTo(0x70);
    }

    @Test
    void specialFullyNestedMasterLetsItThroughButNoLessUrgentInput() {
        rig.initialize(Pic.ICW4_SPECIAL_FULLY_NESTED);
        rig.pulse(12);
        pic.acknowledge();
        rig.pulse(3);
        assertThat(pic.output()).as("3 is less urgent than 2").isFalse();
        rig.pulse(8);

        assertThat(pic.acknowledge()).isEqualTo(0x70);
        assertThat(rig.slaveInService()).isEqualTo(1 << 0 | 1 << 4);
    }

    @Test
    void rotatingEoiMakesTheEndedInputTheLowest() {
        rig.pulse(1);
        pic.acknowledge();
        rig.master(0xA0);
        rig.pulse(1);
        rig.pulse(7);

        assertThat(pic.acknowledge()).isEqualTo(0x0F);
        rig.master(NON_SPECIFIC_EOI);
        assertThat(pic.acknowledge()).isEqualTo(0x09);
    }

    @Test
    void rotatingSpecificEoiAndSetPriorityNameTheLowest() {
        rig.master(0xC0 | 4);
        rig.pulse(4);
        rig.pulse(5);
        assertThat(pic.acknowledge()).as("5 is the most urgent now").isEqualTo(0x0D);

        rig.master(0xE0 | 5);
        rig.pulse(5);
        rig.pulse(6);

        assertThat(pic.acknowledge()).isEqualTo(0x0E);
    }

    @Test
    void specificEoiEndsItsInputAlone() {
        rig.pulse(5);
        pic.acknowledge();
        rig.pulse(1);
        pic.acknowledge();

        rig.master(SPECIFIC_EOI | 5);

        assertThat(rig.masterInService()).isEqualTo(1 << 1);
        assertThat(rig.seen).containsExactly("ack 5");
    }

    @Test
    void operationWithoutMeaningChangesNothing() {
        rig.pulse(5);
        pic.acknowledge();

        rig.master(0x40);

        assertThat(rig.masterInService()).isEqualTo(1 << 5);
        assertThat(rig.seen).isEmpty();
    }

    // ---- automatic end

    @Test
    void automaticEndLeavesNothingInService() {
        rig.initialize(Pic.ICW4_AUTO_EOI);
        rig.pulse(1);
        rig.pulse(1);

        assertThat(pic.acknowledge()).isEqualTo(0x09);

        assertThat(rig.masterInService()).isZero();
        assertThat(rig.seen).contains("ack 1");
    }

    @Test
    void automaticEndRotatesIfToldTo() {
        rig.initialize(Pic.ICW4_AUTO_EOI);
        rig.master(0x80);
        rig.pulse(1);
        pic.acknowledge();
        rig.pulse(1);
        rig.pulse(7);
        assertThat(pic.acknowledge()).isEqualTo(0x0F);
        pic.acknowledge();
        rig.master(0x00);
        rig.pulse(0);
        rig.pulse(1);
        pic.acknowledge();
        assertThat(pic.acknowledge()).as("no more rotation").isEqualTo(0x09);
    }

    // ---- special mask mode

    /** Data sheet, "Special mask mode": all other levels are enabled, lower ones as well. KVM stores it without effect. */
    @Test
    void specialMaskModeLetsLessUrgentInputsInterrupt() {
        rig.pulse(1);
        pic.acknowledge();
        rig.pulse(5);
        assertThat(pic.output()).isFalse();

        rig.mask(1 << 1);
        assertThat(pic.output()).as("a mask alone does not do it").isFalse();
        rig.master(0x68);

        assertThat(pic.acknowledge()).isEqualTo(0x0D);
    }

    @Test
    void inSpecialMaskModeAnEoiWithoutNameSparesTheMaskedInput() {
        rig.pulse(1);
        pic.acknowledge();
        rig.mask(1 << 1);
        rig.master(0x68);
        rig.pulse(5);
        pic.acknowledge();

        rig.master(NON_SPECIFIC_EOI);
        assertThat(rig.masterInService()).isEqualTo(1 << 1);
        rig.master(0x48);
        rig.master(NON_SPECIFIC_EOI);

        assertThat(rig.masterInService()).isZero();
    }

    @Test
    void controlWordWithoutChangeBitLeavesSpecialMaskMode() {
        rig.pulse(1);
        pic.acknowledge();
        rig.mask(1 << 1);
        rig.master(0x68);
        rig.master(0x2A);
        rig.pulse(5);

        assertThat(pic.output()).isTrue();
    }

    // ---- poll

    @Test
    void pollAcknowledgesOnce() {
        rig.pulse(3);

        rig.master(0x0C);
        assertThat(pic.in(Pic.MASTER_COMMAND)).isEqualTo(0x83);

        assertThat(pic.output()).isFalse();
        assertThat(pic.in(Pic.MASTER_COMMAND)).as("IRR again").isZero();
        assertThat(rig.masterInService()).isEqualTo(1 << 3);
    }

    @Test
    void pollThatFindsNothingReadsZeroInTheTopBit() {
        rig.master(0x0C);

        assertThat(pic.in(Pic.MASTER_DATA)).isZero();
    }

    @Test
    void polledSlaveWithdrawsItsRequestAtTheMaster() {
        rig.pulse(9);

        rig.slave(0x0C);
        assertThat(pic.in(Pic.SLAVE_COMMAND)).isEqualTo(0x81);

        assertThat(pic.output()).isFalse();
        assertThat(rig.slaveInService()).isEqualTo(1 << 1);
    }

    // ---- initialization

    @Test
    void initializationForgetsRequestsMaskAndService() {
        rig.mask(0x12);
        rig.pulse(3);
        pic.acknowledge();
        rig.pulse(5);
        rig.master(0xC0 | 3);

        rig.initialize(0);

        assertThat(pic.output()).isFalse();
        assertThat(pic.in(Pic.MASTER_DATA)).isZero();
        assertThat(rig.masterInService()).isZero();
        rig.pulse(4);
        rig.pulse(0);
        assertThat(pic.acknowledge()).as("7 is the lowest again").isEqualTo(0x08);
    }

    /** Or a timer that waits for the end of its tick waits for ever. */
    @Test
    void initializationAcknowledgesWhatItForgets() {
        rig.pulse(0);
        rig.pulse(3);
        pic.acknowledge();

        rig.master(0x11);

        assertThat(rig.seen).contains("ack 0", "ack 3");
    }

    @Test
    void lineThatWasUpBeforeInitializationMustFallFirst() {
        rig.raise(3);

        rig.initialize(0);
        rig.raise(3);
        assertThat(pic.output()).isFalse();
        rig.lower(3);
        rig.raise(3);

        assertThat(pic.output()).isTrue();
    }

    @Test
    void levelThatWasUpBeforeInitializationIsRequestedAfterIt() {
        pic.out(Pic.ELCR1, 1 << 5);
        rig.raise(5);

        rig.initialize(0);

        assertThat(pic.acknowledge()).isEqualTo(0x0D);
    }

    @Test
    void withoutFourthWordItsModesAreOff() {
        rig.initialize(Pic.ICW4_AUTO_EOI);
        pic.out(Pic.MASTER_COMMAND, 0x10);
        pic.out(Pic.MASTER_DATA, 0x20);
        pic.out(Pic.MASTER_DATA, 0x04);
        pic.out(Pic.MASTER_DATA, 0xFE);
        assertThat(pic.in(Pic.MASTER_DATA)).as("the next byte is the mask").isEqualTo(0xFE);
        rig.pulse(0);

        assertThat(pic.acknowledge()).isEqualTo(0x20);
        assertThat(rig.masterInService()).isEqualTo(1);
    }

    @Test
    void singleChipTakesNoThirdWordAndHasNoCascade() {
        pic.out(Pic.MASTER_COMMAND, 0x13);
        pic.out(Pic.MASTER_DATA, 0x40);
        pic.out(Pic.MASTER_DATA, 0x01);
        pic.out(Pic.MASTER_DATA, 0x00);
        rig.pulse(9);

        assertThat(pic.output()).isFalse();
        assertThat(pic.in(Pic.MASTER_DATA)).isZero();
    }

    // ---- notifications

    @Test
    void maskNotifierHearsChangesOnly() {
        rig.mask(0x0101);
        rig.mask(0x0101);
        rig.mask(0);

        assertThat(rig.seen).containsExactly("mask 0 true", "mask 8 true", "mask 0 false", "mask 8 false");
    }

    /** KVM drops its lock for this; here the change is complete before anybody is told. */
    @Test
    void deviceMayAssertItsLineWithinTheAcknowledgement() {
        rig.onAck = pin -> rig.pulse(pin);
        rig.pulse(3);
        pic.acknowledge();

        rig.master(NON_SPECIFIC_EOI);

        assertThat(pic.acknowledge()).isEqualTo(0x0B);
        assertThat(rig.seen).containsExactly("ack 3");
    }

    @Test
    void portsThatAreNotThePairsAreLeftAlone() {
        pic.out(0x22, 0xFF);

        assertThat(pic.in(0x22)).isEqualTo(0xFF);
        assertThat(PicPair.hasPort(0x22)).isFalse();
        assertThat(PicPair.hasPort(Pic.ELCR2)).isTrue();
    }
}
