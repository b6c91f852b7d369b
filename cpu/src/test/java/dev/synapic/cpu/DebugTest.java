// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.CODE;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RCX;
import static dev.synapic.cpu.TestMachine.RDI;
import static dev.synapic.cpu.TestMachine.RSI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.Cr4;
import dev.synapic.spec.x86.Rflags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Debug exceptions: SDM vol. 3B, chapter 18, sections named beside the tests. */
class DebugTest {
    private static final int DR7_ENABLE_0 = 3, DR7_GENERAL_DETECT = 1 << 13;
    private static final int WRITES = 1, PORTS = 2, READS_AND_WRITES = 3;
    private static final int BYTE = 0, DOUBLEWORD = 3;
    private static final long DR6_NONE = 0xFFFF_0FF0L, B0 = 1, BD = 1 << 13, BS = 1 << 14;
    private static final String MOV_SS_FROM_CX = "8ed1", ICEBP = "f1", INT3 = "cc", NOP = "90", HLT = "f4";

    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    private void arm(long address, int kind, int length) {
        cpu.control.debug[0] = address;
        cpu.control.debug[7] = 0x400 | DR7_ENABLE_0 | kind << 16 | length << 18;
        cpu.debug.registersChanged();
    }

    /** Runs into #DB's handler. */
    private void assertTrapped(long returnAddress, long dr6) {
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.DB);
        assertThat(machine.stack64(0)).isEqualTo(returnAddress);
        assertThat(cpu.control.debug[6]).isEqualTo(DR6_NONE | dr6);
    }

    @Test
    void anInstructionBreakpointFaultsBeforeItsInstructionAndSetsRfInTheImage() { // 18.3.1.1
        machine.long64("90 ffc0 f4" /* nop; inc %eax; hlt */);
        cpu.gpr[RAX] = 5;
        arm(CODE + 1, 0, BYTE);

        assertTrapped(CODE + 1, B0);

        assertThat(cpu.gpr[RAX]).isEqualTo(5);
        assertThat(machine.stack64(2) & Rflags.RF).isNotZero();
    }

    @Test
    void aReturnWithRfPassesTheBreakpointOnce() { // 18.3.1.1
        machine.long64("90 ffc0 ebfb" /* nop; 1: inc %eax; jmp 0b */);
        machine.load(TestMachine.HANDLERS + 16, "48ffc6 48cf" /* inc %rsi; iretq */);
        arm(CODE + 1, 0, BYTE);

        cpu.run(1 + 3 * (2 + 3));

        assertThat(cpu.gpr[RSI]).as("once a round").isEqualTo(3);
        assertThat(cpu.gpr[RAX]).isBetween(2L, 3L);
    }

    @Test
    void aDataBreakpointTrapsBehindTheStoreThatTouchesIt() { // 18.3.1.2
        machine.long64("488906 90 f4" /* mov %rax,(%rsi); nop; hlt */);
        cpu.gpr[RSI] = 0x30_0000;
        cpu.gpr[RAX] = 42;
        arm(0x30_0004, WRITES, DOUBLEWORD);

        assertTrapped(CODE + 3, B0);

        assertThat(machine.ram.getLong(0x30_0000)).isEqualTo(42);
    }

    @Test
    void aWriteBreakpointIgnoresLoadsAndItsNeighbours() {
        machine.long64("488b06 894608 f4" /* mov (%rsi),%rax; mov %eax,8(%rsi); hlt */);
        cpu.gpr[RSI] = 0x30_0000;
        arm(0x30_0000, WRITES, DOUBLEWORD);

        machine.run();

        assertThat(machine.handledVector()).isEqualTo(-1);
    }

    @Test
    void aReadWriteBreakpointSeesLoadsThatTheTlbKnows() {
        machine.long64("8b06 8b06 f4" /* mov (%rsi),%eax, twice; hlt */);
        cpu.gpr[RSI] = 0x30_0000;
        cpu.run(1);
        arm(0x30_0000, READS_AND_WRITES, BYTE);

        assertTrapped(CODE + 4, B0);
    }

    @Test
    void portBreakpointsExistWithDebugExtensionsOnly() { // 18.2.5
        machine.long64("e480 f4" /* in $0x80,%al; hlt */);
        arm(0x80, PORTS, BYTE);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(-1);

        machine.goOnAt(CODE);
        cpu.control.cr4 |= Cr4.DE;
        arm(0x80, PORTS, BYTE);
        assertTrapped(CODE + 2, B0);
    }

    @Test
    void aLoadOfSsHoldsItsOwnBreakpointUntilTheNextInstructionIsDone() { // vol. 3A, 6.8.3
        machine.long64("8e16 90 90 f4" /* mov (%rsi),%ss; nop; nop; hlt */);
        machine.ram.putShort(0x30_0000, (short) TestMachine.DATA);
        cpu.gpr[RSI] = 0x30_0000;
        arm(0x30_0000, READS_AND_WRITES, BYTE);

        assertTrapped(CODE + 3, B0);
    }

    @Test
    void theHeldBreakpointMergesIntoIcebpAndOutlivesInt3() { // vol. 3A, 6.8.3: as observed by kvm-unit-tests' debug
        // test
        machine.long64("8e16" + ICEBP + HLT);
        machine.ram.putShort(0x30_0000, (short) TestMachine.DATA);
        machine.load(TestMachine.HANDLERS + 16, "48ffc7 48cf" /* inc %rdi; iretq */);
        cpu.gpr[RSI] = 0x30_0000;
        arm(0x30_0000, READS_AND_WRITES, BYTE);
        machine.run();
        assertThat(cpu.gpr[RDI]).isEqualTo(1);
        assertThat(cpu.rip).isEqualTo(CODE + 4);

        machine.load(CODE, "8e16" + INT3 + HLT).goOnAt(CODE);
        cpu.gpr[RDI] = 0;
        machine.run();
        assertThat(cpu.gpr[RDI]).isEqualTo(1);
        assertThat(machine.handledVector()).isEqualTo(CpuException.BP);
    }

    @Test
    void aLoadOfSsTakesTheSingleStepTrapWithIt() { // vol. 3A, 6.8.3
        machine.long64(MOV_SS_FROM_CX + NOP + NOP + HLT);
        cpu.gpr[RCX] = TestMachine.DATA;
        cpu.setRflags(Rflags.TF);

        assertTrapped(CODE + 3, BS);
    }

    @Test
    void icebpReportsNoCauseEvenUnderTheTrapFlag() { // 18.3.1.6
        machine.long64(ICEBP + HLT);
        cpu.setRflags(Rflags.TF);

        assertTrapped(CODE + 1, 0);
    }

    @Test
    void generalDetectFaultsOnTheMoveAndIsClearedForTheHandler() { // 18.2.4
        machine.long64("0f23c0 f4" /* mov %rax,%dr0; hlt */);
        cpu.control.debug[7] |= DR7_GENERAL_DETECT;

        assertTrapped(CODE, BD);

        assertThat(cpu.control.debug[7] & DR7_GENERAL_DETECT).isZero();
    }

    @Test
    void singleStepStaysInDr6UntilSoftwareClearsItButBreakpointsDoNot() { // 18.2.3
        machine.long64("90 90 f4");
        cpu.control.debug[6] = DR6_NONE | BS | 2;
        arm(CODE + 1, 0, BYTE);

        assertTrapped(CODE + 1, B0 | BS);
    }

    @Test
    void aRepetitionTrapsBehindEachIteration() { // 18.3.1.4
        machine.long64("f3aa f4" /* rep stosb; hlt */);
        cpu.gpr[RCX] = 3;
        cpu.gpr[RDI] = 0x30_0000;
        cpu.setRflags(Rflags.TF);

        assertTrapped(CODE, BS);

        assertThat(cpu.gpr[RCX]).isEqualTo(2);
    }

    @Test
    void haltUnderTheTrapFlagIsLeftByTheTrap() {
        machine.long64(HLT + NOP);
        cpu.setRflags(Rflags.TF);

        assertTrapped(CODE + 1, BS);
    }

    @Test
    void syscallTrapsByTheFlagsThatItLeaves() { // vol. 2B, "SYSCALL": TF as masked decides
        machine.long64("0f05");
        machine.load(0x6000, "f4");
        cpu.msrs.lstar = 0x6000;
        cpu.msrs.star = (long) TestMachine.CODE64 << 32;
        cpu.msrs.fmask = Rflags.TF;
        cpu.setRflags(Rflags.TF);

        machine.run();

        assertThat(cpu.rip).isEqualTo(0x6001);
        assertThat(cpu.control.debug[6] & BS).isZero();
    }
}
