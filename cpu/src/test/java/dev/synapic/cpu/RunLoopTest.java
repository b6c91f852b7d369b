// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.CODE;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RSI;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.spec.x86.Rflags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Budgets, stops, counts, and code that changes under the processor's feet. */
class RunLoopTest {
    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void aBudgetIsExactEvenInTheMiddleOfABlock() {
        machine.long64("ffc0ffc0ffc0ffc0ebfe" /* inc %eax; inc %eax; inc %eax; inc %eax; 1: jmp 1b */);
        assertThat(cpu.run(3)).isEqualTo(StopReason.BUDGET);
        assertThat(cpu.gpr[RAX]).isEqualTo(3);
        assertThat(cpu.rip).isEqualTo(CODE + 6);
        assertThat(cpu.retiredInstructions()).isEqualTo(3);
        cpu.run(1);
        assertThat(cpu.gpr[RAX]).isEqualTo(4);
    }

    @Test
    void theRetiredCountIsExactInPortCallsInTheMiddleOfABlock() {
        machine.long64(
                "ffc08906ffc08b1eeef4" /* inc %eax; mov %eax,(%rsi); inc %eax; mov (%rsi),%ebx; out %al,%dx; hlt */);
        cpu.gpr[RSI] = 0x3000_0000L;
        machine.run();
        assertThat(machine.platform.retiredAtPorts).containsExactly(2L, 4L, 5L);
        assertThat(cpu.retiredInstructions()).isEqualTo(6);
    }

    @Test
    void anInstructionThatFaultsIsNotRetired() {
        machine.long64("ffc0ffc0488b06f4" /* inc %eax; inc %eax; mov (%rsi),%rax; hlt */);
        cpu.gpr[RSI] = 1L << 40;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.PF);
        assertThat(machine.stack64(1)).isEqualTo(CODE + 4);
        assertThat(cpu.retiredInstructions())
                .as("two INC and the handler's HLT")
                .isEqualTo(3);
    }

    /** Or a guest whose faults only lead to faults would never give its budget back, and time would stand still for it. */
    @Test
    void anInstructionThatFaultsIsExecutedAndCountsAgainstTheBudget() {
        machine.long64("ffc0488b06f4" /* inc %eax; mov (%rsi),%rax; hlt */);
        cpu.gpr[RSI] = 1L << 40;
        assertThat(cpu.run(2)).isEqualTo(StopReason.BUDGET);
        assertThat(machine.stack64(1)).as("the handler has not run").isEqualTo(CODE + 2);
        assertThat(cpu.retiredInstructions()).isEqualTo(1);
        assertThat(cpu.executedInstructions()).isEqualTo(2);
    }

    /** A kernel clears pages of old code this way, all at once here (SDM vol. 3A, 9.1.3, self-modifying code). */
    @Test
    void aPageOfCodeThatAStringInstructionFillsRunsAsItIsFilled() {
        long page = 0x30_0000;
        machine.load(page, "ffc3c3" /* inc %ebx; ret */);
        machine.long64("ffd6 f3aa ffd6 f4" /* call *%rsi; rep stosb; call *%rsi; hlt */);
        cpu.gpr[RAX] = 0xC3; // RET
        cpu.gpr[RSI] = page;
        cpu.gpr[TestMachine.RDI] = page;
        cpu.gpr[TestMachine.RCX] = 4096;
        machine.run();
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(1);
        assertThat(cpu.gpr[TestMachine.RCX]).isZero();
        assertThat(cpu.gpr[TestMachine.RDI]).isEqualTo(page + 4096);
        assertThat(machine.ram.getByte(page + 4095)).isEqualTo((byte) 0xC3);
    }

    @Test
    void aPortCanStopTheProcessorInTheMiddleOfABlock() {
        machine.platform.onMmioWrite = cpu::requestStop;
        machine.long64("8906ffc0ffc0f4" /* mov %eax,(%rsi); inc %eax; inc %eax; hlt */);
        cpu.gpr[RSI] = 0x3000_0000L;
        assertThat(machine.run()).isEqualTo(StopReason.REQUESTED);
        assertThat(cpu.gpr[RAX]).isZero();
        assertThat(cpu.rip).isEqualTo(CODE + 2);
        assertThat(machine.run()).isEqualTo(StopReason.HALT);
        assertThat(cpu.gpr[RAX]).isEqualTo(2);
    }

    @Test
    void anInterruptRaisedByAPortCallIsTakenBehindThatInstruction() {
        machine.platform.onMmioWrite = () -> cpu.setInterruptPending(true);
        machine.long64("8906ffc0ffc0f4" /* mov %eax,(%rsi); inc %eax; inc %eax; hlt */);
        cpu.setRflags(Rflags.IF);
        cpu.gpr[RSI] = 0x3000_0000L;
        assertThat(machine.run()).isEqualTo(StopReason.INTERRUPT_WINDOW);
        assertThat(cpu.rip).isEqualTo(CODE + 2);
    }

    @Test
    void chargedInstructionsShortenTheBudgetButAreNotRetired() {
        machine.platform.onMmioWrite = () -> cpu.charge(7);
        machine.long64("8906ffc0ffc0ffc0ebfe" /* mov %eax,(%rsi); inc %eax; inc %eax; inc %eax; 1: jmp 1b */);
        cpu.gpr[RSI] = 0x3000_0000L;
        assertThat(cpu.run(10)).isEqualTo(StopReason.BUDGET);
        assertThat(cpu.retiredInstructions()).isEqualTo(3);
        cpu.rip = CODE;
        assertThat(cpu.run(5)).isEqualTo(StopReason.BUDGET);
        assertThat(cpu.rip).as("over-charged: behind the instruction").isEqualTo(CODE + 2);
    }

    @Test
    void aRepeatedStringInstructionCanBeInterruptedAndGoesOn() {
        machine.long64("f36cf4" /* rep insb; hlt */);
        cpu.gpr[TestMachine.RCX] = 5;
        cpu.gpr[TestMachine.RDI] = 0x10_0000;
        assertThat(cpu.run(2)).isEqualTo(StopReason.BUDGET);
        assertThat(cpu.gpr[TestMachine.RCX]).isEqualTo(3);
        assertThat(cpu.rip).isEqualTo(CODE);
        machine.run();
        assertThat(cpu.gpr[TestMachine.RDI]).isEqualTo(0x10_0005);
        assertThat(machine.ram.getInt(0x10_0001)).isEqualTo(0x7878_7878);
    }

    @Test
    void aStoreIntoTheRestOfItsOwnBlockTakesEffectAtOnce() { // vol. 3A, 9.1.3
        machine.long64("c60501000000c3ffc0f4" /* movb $0xc3,1f+1(%rip); 1: .byte 0xff,0xc0; hlt */);
        // inc eax (FF C0) becomes inc ebx (FF C3)
        machine.run();
        assertThat(cpu.gpr[RAX]).isZero();
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(1);
    }

    @Test
    void aStoreToCodeThatRanBeforeIsSeenWhenItRunsAgain() {
        machine.long64(
                "e8fb010000c605f5010000c3e8ef010000f40000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000ffc0c3" /* call 2f; movb $0xc3,2f+1(%rip); call 2f; hlt; .org 0x200; 2: .byte 0xff,0xc0; ret */);
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(1);
    }

    @Test
    void aStoreThroughAnotherMappingOrByTheVmmIsSeenToo() {
        machine.long64("ffc0f4" /* inc %eax; hlt */);
        machine.run();
        machine.ram.putByte(CODE + 1, (byte) 0xC3);
        cpu.injectNmi();
        cpu.rip = CODE;
        machine.run();
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(1);
    }

    @Test
    void dataBesideCodeDoesNotCostTheCode() {
        machine.long64("ff0500040000ffc975f6f4" /* 1: incl 0x400(%rip); dec %ecx; jnz 1b; hlt */);
        cpu.gpr[TestMachine.RCX] = 1000;
        machine.run();
        assertThat(machine.ram.getInt(CODE + 6 + 0x400)).isEqualTo(1000);
        assertThat(machine.code.blockCount()).isLessThan(5);
    }

    @Test
    void anInstructionAcrossPagesFollowsTheMappingOfItsSecondPage() {
        machine.long64("");
        // mov $imm32,%eax with its immediate on the next page, then ret
        machine.load(0x20_0FFF, "b8").load(0x20_1000, "01000000c3").load(0x20_2000, "02000000c3");
        int pt = TestMachine.PAGE_TABLES + 0x3000;
        machine.ram.putLong(TestMachine.PAGE_TABLES + 0x2000 + 8, pt | 7);
        machine.ram.putLong(pt, 0x20_0000 | 7);
        machine.ram.putLong(pt + 8, 0x20_1000 | 7);
        machine.load(
                CODE,
                "ffd689c348c707072020000f013affd6f4" /* call *%rsi; mov %eax,%ebx; movq $0x202007,(%rdi); invlpg (%rdx); call *%rsi; hlt */);
        cpu.gpr[RSI] = 0x20_0FFF;
        cpu.gpr[TestMachine.RDI] = pt + 8L;
        cpu.gpr[TestMachine.RDX] = 0x20_1000;
        machine.ram.putLong(pt, 0x20_0000 | 7);
        cpu.memory.flush();
        machine.run();
        assertThat(cpu.gpr[TestMachine.RBX]).isEqualTo(1);
        assertThat(cpu.gpr[RAX]).isEqualTo(2);
    }

    @Test
    void aFetchFaultOnTheSecondPageHasThatPagesAddress() {
        machine.long64("");
        int pt = TestMachine.PAGE_TABLES + 0x3000;
        machine.ram.putLong(TestMachine.PAGE_TABLES + 0x2000 + 8, pt | 7);
        machine.ram.putLong(pt, 0x20_0000 | 7);
        machine.load(0x20_0FFE, "90b8");
        cpu.rip = 0x20_0FFE;
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.PF);
        assertThat(cpu.control.cr2).isEqualTo(0x20_1000);
        assertThat(machine.stack64(1)).isEqualTo(0x20_0FFF);
    }

    @Test
    void anUnknownInstructionIsReportedAndAUd2IsNot() {
        machine.long64("0f04");
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.UD);
        assertThat(machine.platform.undefined).startsWith("1000:0f04");
        machine.platform.undefined = "";
        machine.load(CODE, "0f0b" /* ud2 */);
        cpu.injectNmi();
        cpu.rip = CODE;
        machine.run();
        assertThat(machine.platform.undefined).isEmpty();
    }

    @Test
    void processorsShareDecodedCode() {
        machine.long64("ffc0f4" /* inc %eax; hlt */);
        Cpu second = new Cpu(machine.ram, machine.code, machine.platform.ports());
        second.enterFlatProtectedMode(CODE);
        machine.platform.cpu = second;
        second.run(10);
        machine.run();
        assertThat(second.gpr[RAX]).isEqualTo(1);
        int blocks = machine.code.blockCount();
        second.ports.mmio();
        machine.ram.putByte(CODE, (byte) 0xF4);
        assertThat(machine.code.blockCount()).isLessThan(blocks);
    }

    @Test
    void aProcessorDoesNotRunOnClosedRam() {
        machine.long64("f4" /* hlt */);
        machine.ram.close();
        assertThatThrownBy(machine::run).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theSnapshotReadsAsARegisterDump() {
        machine.long64("b834120000f4" /* mov $0x1234,%eax; hlt */);
        machine.run();
        assertThat(cpu.snapshot().toString())
                .contains("RAX=0000000000001234")
                .contains("HLT=1")
                .contains("CS =0010");
    }
}
