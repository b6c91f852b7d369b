// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.CODE;
import static dev.synapic.cpu.TestMachine.CODE32;
import static dev.synapic.cpu.TestMachine.CODE64;
import static dev.synapic.cpu.TestMachine.IDT;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RSP;
import static dev.synapic.cpu.TestMachine.STACK;
import static dev.synapic.cpu.TestMachine.TSS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.Rflags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Interrupts and exceptions through IDT, TSS and vector table: SDM vol. 3A, chapter 6. */
class EventDeliveryTest {
    private static final int PRESENT_SELECTOR_ERROR = 2;

    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void inLongModeTheFrameIsFiveWordsOnAnAlignedStack() { // 6.14.2
        machine.long64("cd40" /* int $0x40 */);
        cpu.gpr[RSP] = STACK - 3;
        cpu.setRflags(Rflags.IF);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(0x40);
        assertThat(cpu.gpr[RSP]).isEqualTo(STACK - 16 - 40);
        assertThat(machine.stack64(0)).isEqualTo(CODE + 2);
        assertThat(machine.stack64(1)).isEqualTo(CODE64);
        assertThat(machine.stack64(2) & Rflags.IF).isNotZero();
        assertThat(machine.stack64(3)).isEqualTo(STACK - 3);
        assertThat(machine.stack64(4)).isEqualTo(TestMachine.DATA);
        assertThat(cpu.rflags() & Rflags.IF).as("an interrupt gate clears IF").isZero();
    }

    @Test
    void aTrapGateLeavesInterruptsEnabled() { // 6.12.1.3
        machine.long64("cd40" /* int $0x40 */);
        machine.gate(0x40, CODE64, 15, 0, 16, 0);
        cpu.setRflags(Rflags.IF | Rflags.NT);
        machine.run();
        assertThat(cpu.rflags() & (Rflags.IF | Rflags.NT)).isEqualTo(Rflags.IF);
    }

    @Test
    void aGateCanNameAnInterruptStack() { // 6.14.5
        machine.long64("0f0b" /* ud2 */);
        machine.gate(CpuException.UD, CODE64, 14, 0, 16, 3);
        machine.ram.putLong(TSS + 36 + 16, 0x9008);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.UD);
        assertThat(cpu.gpr[RSP]).isEqualTo(0x9000 - 40);
        assertThat(machine.stack64(3)).isEqualTo(STACK);
    }

    @Test
    void fromUserModeTheStackComesFromTheTssAndSsIsNull() {
        machine.long64("0f0b" /* ud2 */).user64();
        machine.ram.putLong(TSS + 4, 0x7000);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.UD);
        assertThat(cpu.cpl()).isZero();
        assertThat(cpu.segments.selector(DecodedInstruction.SS)).isZero();
        assertThat(cpu.gpr[RSP]).isEqualTo(0x7000 - 40);
        assertThat(machine.stack64(4)).isEqualTo(TestMachine.USER_DATA | 3);
    }

    @Test
    void iretqGoesBackToUserMode() {
        machine.long64("48cf" /* iretq */);
        machine.load(0x1800, "f390ebfc" /* 1: pause; jmp 1b */);
        cpu.gpr[RSP] = 0x7000;
        long[] frame = {0x1800, TestMachine.USER_CODE64 | 3, Rflags.IF | 2, 0x6000, TestMachine.USER_DATA | 3};
        for (int i = 0; i < frame.length; i++) {
            machine.ram.putLong(0x7000 + 8 * i, frame[i]);
        }
        cpu.run(3);
        assertThat(cpu.cpl()).isEqualTo(3);
        assertThat(cpu.gpr[RSP]).isEqualTo(0x6000);
        assertThat(cpu.interruptible()).isTrue();
        assertThat(cpu.segments.selector(DecodedInstruction.DS))
                .as("DPL 0 data is taken away")
                .isZero();
    }

    @Test
    void iretqMayReturnToCompatibilityMode() {
        machine.long64("48cf" /* iretq */);
        machine.load(0x1800, "40ebfe" /* inc %eax; 1: jmp 1b */);
        cpu.gpr[RSP] = 0x7000;
        long[] frame = {0x1800, TestMachine.USER_CODE32 | 3, 2, 0x6000, TestMachine.USER_DATA | 3};
        for (int i = 0; i < frame.length; i++) {
            machine.ram.putLong(0x7000 + 8 * i, frame[i]);
        }
        cpu.run(4);
        assertThat(cpu.in64BitMode()).isFalse();
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
    }

    @Test
    void softwareInterruptsNeedTheGatesPrivilege() { // 6.12.1.1
        machine.long64("cd41" /* int $0x41 */).user64();
        machine.ram.putLong(TSS + 4, 0x7000);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
        assertThat(machine.stack64(0)).isEqualTo(0x41 * 8 + PRESENT_SELECTOR_ERROR);
        assertThat(machine.stack64(1)).as("INT restarts").isEqualTo(CODE);
    }

    @Test
    void anAbsentGateIsNotPresentWithItsNumberInTheErrorCode() {
        machine.long64("cd41" /* int $0x41 */);
        machine.ram.putLong(IDT + 16 * 0x41, machine.ram.getLong(IDT + 16 * 0x41) & ~(0x80L << 40));
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.NP);
        assertThat(machine.stack64(0)).isEqualTo(0x41 * 8 + PRESENT_SELECTOR_ERROR);
    }

    @Test
    void aFaultWhileDeliveringAnExternalInterruptHasTheExternalBit() { // 6.13
        machine.long64("ebfe" /* 1: jmp 1b */);
        cpu.tables.idtLimit = 16 * 0x20 - 1;
        cpu.injectInterrupt(0x30);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
        assertThat(machine.stack64(0)).isEqualTo(0x30 * 8 + PRESENT_SELECTOR_ERROR + 1);
    }

    @Test
    void aContributoryFaultOnTopOfAnotherIsADoubleFault() { // table 6-5
        machine.long64("8ed0" /* mov %eax,%ss */);
        cpu.gpr[RAX] = 0x7C; // outside the LDT, #GP
        machine.gate(CpuException.GP, 0x78, 14, 0, 16, 0); // a null descriptor: #GP again
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.DF);
        assertThat(machine.stack64(0)).isZero();
        assertThat(machine.stack64(1)).isEqualTo(CODE);
    }

    @Test
    void aPageFaultInTheDeliveryOfAContributoryFaultIsServedAsItIs() { // table 6-5: only #PF first makes #PF second
        // double
        machine.long64("8ed0" /* mov %eax,%ss */);
        cpu.gpr[RAX] = 0x7C;
        machine.gate(CpuException.GP, CODE64, 14, 0, 16, 1);
        machine.gate(CpuException.PF, CODE64, 14, 0, 16, 2);
        machine.ram.putLong(TSS + 36, 1L << 40); // not mapped
        machine.ram.putLong(TSS + 44, 0x7000);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.PF);
    }

    @Test
    void aPageFaultWhileDeliveringAPageFaultIsADoubleFault() {
        machine.long64("488b06" /* mov (%rsi),%rax */);
        cpu.gpr[TestMachine.RSI] = 1L << 40;
        machine.gate(CpuException.PF, CODE64, 14, 0, 16, 1);
        machine.gate(CpuException.DF, CODE64, 14, 0, 16, 2);
        machine.ram.putLong(TSS + 36, 1L << 41);
        machine.ram.putLong(TSS + 44, 0x7000);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.DF);
    }

    @Test
    void aThirdFaultShutsTheProcessorDown() { // 6.15, "Interrupt 8"
        machine.long64("0f0b" /* ud2 */);
        cpu.tables.idtLimit = 0;
        assertThat(machine.run()).isEqualTo(StopReason.SHUTDOWN);
        assertThat(machine.run()).isEqualTo(StopReason.SHUTDOWN);
        assertThat(cpu.isShutDown()).isTrue();
        cpu.reset();
        assertThat(cpu.isShutDown()).isFalse();
    }

    @Test
    void in32BitModeTheSameLevelFrameIsThreeWords() {
        machine.protected32("cd40" /* int $0x40 */);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(0x40);
        assertThat(cpu.gpr[RSP]).isEqualTo(STACK - 12);
        assertThat(machine.stack32(0)).isEqualTo(CODE + 2);
        assertThat(machine.stack32(1)).isEqualTo(CODE32);
    }

    @Test
    void in32BitModeAnInnerLevelGetsItsStackFromTheTss() {
        machine.protected32("cd40" /* int $0x40 */).user32();
        machine.gate(0x40, CODE32, 14, 3, 8, 0);
        machine.ram.putInt(TSS + 4, 0x7000);
        machine.ram.putInt(TSS + 8, TestMachine.DATA);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(0x40);
        assertThat(cpu.gpr[RSP]).isEqualTo(0x7000 - 20);
        assertThat(machine.stack32(1)).isEqualTo(TestMachine.USER_CODE32 | 3);
        assertThat(machine.stack32(3)).isEqualTo(STACK);
        assertThat(machine.stack32(4)).isEqualTo(TestMachine.USER_DATA | 3);
    }

    @Test
    void aBadStackInTheTssIsAnInvalidTssFault() { // 6.15, "Interrupt 10"
        machine.protected32("cd40" /* int $0x40 */).user32();
        machine.gate(0x40, CODE32, 14, 3, 8, 0);
        machine.gate(CpuException.TS, TestMachine.USER_CODE32, 14, 3, 8, 0);
        machine.ram.putInt(TSS + 4, 0x7000);
        machine.ram.putInt(TSS + 8, TestMachine.USER_DATA);
        machine.load(TestMachine.HANDLERS + 16 * CpuException.TS, "ebfe" /* 1: jmp 1b */);
        cpu.run(50);
        assertThat(cpu.rip).isEqualTo(TestMachine.HANDLERS + 16 * CpuException.TS);
        assertThat(machine.stack32(0)).isEqualTo(TestMachine.USER_DATA);
    }

    @Test
    void sixteenBitGatesPushSixteenBitFrames() {
        machine.protected32("cd40" /* int $0x40 */);
        machine.gate(0x40, CODE32, 6, 0, 8, 0);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(0x40);
        assertThat(cpu.gpr[RSP]).isEqualTo(STACK - 6);
    }

    @Test
    void realModeUsesFourByteVectorsAndSixByteFrames() { // vol. 3B, 21.1.4
        machine.real("cd21f4" /* int $0x21; hlt */);
        machine.ram.putInt(0x21 * 4, 0x0100_0020);
        machine.load(0x1020, "b83412cf" /* mov $0x1234,%ax; iret */);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(0x1234);
        assertThat(cpu.rip).isEqualTo(CODE + 3);
        assertThat(cpu.gpr[RSP]).isEqualTo(STACK);
    }

    @Test
    void singleSteppingTrapsBehindEachInstruction() { // vol. 3B, 18.3.1.4
        machine.long64("9dffc0ffc0f4" /* popfq; inc %eax; inc %eax; hlt */);
        machine.ram.putLong(STACK, Rflags.TF | 2);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.DB);
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        assertThat(machine.stack64(0)).isEqualTo(CODE + 3);
        assertThat(cpu.control.debug[6] & 1 << 14).isNotZero();
    }
}
