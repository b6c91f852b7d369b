// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.CODE;
import static dev.synapic.cpu.TestMachine.RAX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.Rflags;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When the processor can take an interrupt: SDM vol. 3A, 6.7 and 6.8. */
class InterruptWindowTest {
    private final TestMachine machine = new TestMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void theInstructionBehindStiIsStillProtected() { // vol. 2B, "STI"
        machine.long64("fbffc0ffc0f4" /* sti; inc %eax; inc %eax; hlt */);
        cpu.setInterruptPending(true);
        assertThat(machine.run()).isEqualTo(StopReason.INTERRUPT_WINDOW);
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        assertThat(cpu.rip).isEqualTo(CODE + 3);
    }

    @Test
    void stiHltHaltsAndOpensTheWindow() {
        machine.long64("fbf4ffc0f4" /* sti; hlt; inc %eax; hlt */);
        assertThat(machine.run()).isEqualTo(StopReason.HALT);
        assertThat(cpu.halted()).isTrue();
        assertThat(cpu.interruptible()).isTrue();
        cpu.setInterruptPending(true);
        assertThat(machine.run()).isEqualTo(StopReason.INTERRUPT_WINDOW);
        cpu.injectInterrupt(0x50);
        cpu.setInterruptPending(false);
        assertThat(cpu.halted()).isFalse();
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(0x50);
        assertThat(machine.stack64(0)).as("behind HLT").isEqualTo(CODE + 2);
    }

    @Test
    void aSecondStiGivesNoSecondShadow() {
        machine.long64("fbfbffc0f4" /* sti; sti; inc %eax; hlt */);
        cpu.setInterruptPending(true);
        machine.run();
        assertThat(cpu.rip).isEqualTo(CODE + 2);
    }

    @Test
    void aLoadOfSsHoldsOffInterruptsForOneInstruction() { // 6.8.3
        machine.long64("8ed1b807000000ffc0f4" /* mov %ecx,%ss; mov $7,%eax; inc %eax; hlt */);
        cpu.gpr[TestMachine.RCX] = TestMachine.DATA;
        cpu.setRflags(Rflags.IF);
        cpu.run(1);
        cpu.setInterruptPending(true);
        assertThat(cpu.interruptible()).isFalse();
        assertThat(machine.run()).isEqualTo(StopReason.INTERRUPT_WINDOW);
        assertThat(cpu.gpr[RAX]).isEqualTo(7);
    }

    @Test
    void aPendingInterruptWaitsForIf() {
        machine.long64("ffc0ffc068020200009dffc0f4" /* inc %eax; inc %eax; pushq $0x202; popfq; inc %eax; hlt */);
        cpu.setInterruptPending(true);
        assertThat(machine.run()).isEqualTo(StopReason.INTERRUPT_WINDOW);
        assertThat(cpu.gpr[RAX]).as("POPF has no shadow").isEqualTo(2);
    }

    @Test
    void nmisAreBlockedUntilIret() { // 6.7.1
        machine.long64("ebfe" /* 1: jmp 1b */);
        machine.load(TestMachine.HANDLERS + 16 * CpuException.NMI, "ffc048cf" /* inc %eax; iretq */);
        cpu.injectNmi();
        assertThat(cpu.nmiBlocked()).isTrue();
        cpu.injectNmi();
        cpu.run(2);
        assertThat(cpu.nmiBlocked()).isFalse();
        cpu.run(10);
        assertThat(cpu.gpr[RAX]).isEqualTo(1);
        assertThat(cpu.rip).isEqualTo(CODE);
    }

    @Test
    void anNmiWakesAHaltedProcessorWithInterruptsOff() {
        machine.long64("faf4" /* cli; hlt */);
        assertThat(machine.run()).isEqualTo(StopReason.HALT);
        assertThat(machine.run()).as("it stays halted").isEqualTo(StopReason.HALT);
        cpu.injectNmi();
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.NMI);
    }

    @Test
    void cliAndStiNeedIopl() {
        machine.long64("fa" /* cli */).user64();
        machine.ram.putLong(TestMachine.TSS + 4, 0x7000);
        machine.run();
        assertThat(machine.handledVector()).isEqualTo(CpuException.GP);
    }

    @Test
    void popfAtCpl3ChangesNeitherIfNorIopl() { // vol. 2B, table 4-16
        machine.long64("9debfe" /* popfq; 1: jmp 1b */).user64();
        cpu.setRflags(Rflags.IF);
        machine.ram.putLong(TestMachine.STACK, Rflags.IOPL | Rflags.CF);
        cpu.run(2);
        assertThat(cpu.rflags() & (Rflags.IF | Rflags.IOPL | Rflags.CF)).isEqualTo(Rflags.IF | Rflags.CF);
    }

    @Test
    void anNmiWaitsForTheEndOfTheShadowAndItsOwnerIsTold() { // vol. 3A, 6.8.3; 6.7.1
        machine.long64("fb f4" /* sti; hlt */);
        cpu.run(1);
        assertThat(cpu.takesNmi()).isFalse();
        assertThat(machine.run()).isEqualTo(StopReason.REQUESTED);
        assertThat(cpu.rip).isEqualTo(TestMachine.CODE + 2);
        assertThat(cpu.takesNmi()).isTrue();
    }
}
