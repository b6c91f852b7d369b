// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import static dev.synapic.cpu.TestMachine.CODE;
import static dev.synapic.cpu.TestMachine.RAX;
import static dev.synapic.cpu.TestMachine.RBX;
import static dev.synapic.cpu.TestMachine.RCX;
import static dev.synapic.cpu.TestMachine.RDI;
import static dev.synapic.cpu.TestMachine.RSI;
import static dev.synapic.cpu.TestMachine.RSP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.decode.Decoder;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A block that has been compiled does what it did before: the same machine, run by single steps, is the oracle. */
class BlockCompilerTest {
    private static final int ROUNDS = Block.HOT + 50_000;
    private static final long DATA = 0x10_0000;

    /** Runs a program until it halts: in one go, which compiles its loop, and one instruction a run, which does not. */
    private static void same(String program, long rounds) {
        try (TestMachine whole = machine(program, rounds);
                TestMachine stepped = machine(program, rounds)) {
            whole.cpu.run(100_000_000);
            while (!stepped.cpu.halted()) {
                stepped.cpu.run(1);
            }
            assertThat(whole.cpu.halted()).isTrue();
            assertThat(whole.cpu.gpr).containsExactly(stepped.cpu.gpr);
            assertThat(whole.cpu.rip).isEqualTo(stepped.cpu.rip);
            assertThat(whole.cpu.rflags()).isEqualTo(stepped.cpu.rflags());
            assertThat(whole.cpu.retiredInstructions()).isEqualTo(stepped.cpu.retiredInstructions());
            assertThat(whole.cpu.executedInstructions()).isEqualTo(stepped.cpu.executedInstructions());
            for (int i = 0; i < 64; i++) {
                assertThat(whole.ram.getLong(DATA + 8 * i)).isEqualTo(stepped.ram.getLong(DATA + 8 * i));
            }
        }
    }

    private static TestMachine machine(String program, long rounds) {
        TestMachine machine = new TestMachine();
        machine.long64(program);
        machine.cpu.gpr[RCX] = rounds;
        machine.cpu.gpr[RSI] = DATA;
        machine.cpu.gpr[RDI] = DATA;
        machine.cpu.gpr[RBX] = 0x1234_5678_9ABC_DEF0L;
        return machine;
    }

    @Test
    void aLoopOfItselfEndsInTheSameState() {
        // 1: add %rcx,%rax; xor %rax,(%rsi); rol $7,%rbx; adc %ebx,%edx; dec %rcx; jnz 1b; hlt
        same("4801c8 483106 48c1c307 11da 48ffc9 75ef f4", ROUNDS);
    }

    @Test
    void twoBlocksThatTakeTurnsEndInTheSameState() {
        // 1: test $1,%cl; jz 2f; add $3,%rax; 2: call 3f; dec %rcx; jnz 1b; hlt; 3: inc %rdx; ret
        same("f6c101 7404 4883c003 e806000000 48ffc9 75ed f4 48ffc2 c3", ROUNDS);
    }

    @Test
    void anyBudgetIsExact() {
        Random random = new Random(Long.getLong("synapic.seed", 1));
        // 1: inc %eax; inc %eax; inc %eax; jmp 1b
        try (TestMachine machine = machine("ffc0ffc0ffc0ebf8", 0)) {
            machine.cpu.run(5L * Block.HOT);
            long expected = 5L * Block.HOT;
            for (int i = 0; i < 1000; i++) {
                int budget = 1 + random.nextInt(20);
                assertThat(machine.cpu.run(budget)).isEqualTo(StopReason.BUDGET);
                expected += budget;
                assertThat(machine.cpu.retiredInstructions()).isEqualTo(expected);
                assertThat(machine.cpu.gpr[RAX]).isEqualTo(expected / 4 * 3 + expected % 4);
                assertThat(machine.cpu.rip).isEqualTo(CODE + expected % 4 * 2);
            }
        }
    }

    @Test
    void aFaultInTheMiddleRetiresWhatCameBefore() {
        // 1: inc %rax; mov (%rsi),%rdx; add $8,%rsi; jmp 1b: it runs off the 1 GiB that is mapped
        try (TestMachine machine = machine("48ffc0 488b16 4883c608 ebf4", 0)) {
            machine.cpu.gpr[RSI] = (1L << 30) - 8L * ROUNDS;
            machine.cpu.run(100_000_000);
            assertThat(machine.handledVector()).isEqualTo(CpuException.PF);
            assertThat(machine.ram.getLong(machine.cpu.gpr[RSP] + 8)).as("RIP").isEqualTo(CODE + 3);
            assertThat(machine.cpu.gpr[RAX]).isEqualTo(ROUNDS + 1);
            assertThat(machine.cpu.retiredInstructions())
                    .as("the rounds, INC, and the handler's HLT")
                    .isEqualTo(4L * ROUNDS + 2);
        }
    }

    @Test
    void aLoopThatOverwritesItselfGoesOnWithTheNewCode() {
        // 1: inc %eax; cmp %rcx,%rax; jne 2f; movb $0xf4,3f(%rip); 2: nop; 3: jmp 1b. The JMP becomes HLT.
        try (TestMachine machine = machine("ffc0 4839c8 7507 c60501000000f4 90 ebef", ROUNDS)) {
            machine.cpu.run(100_000_000);
            assertThat(machine.cpu.halted()).isTrue();
            assertThat(machine.cpu.gpr[RAX]).isEqualTo(ROUNDS);
        }
    }

    @Test
    void anInterruptThatWaitsGetsInBetweenTwoRounds() {
        // 1: inc %eax; mov %eax,(%rsi); jmp 1b, where the store goes to a device
        try (TestMachine machine = machine("ffc0 8906 ebfa", 0)) {
            machine.cpu.gpr[RSI] = 0x3000_0000L;
            machine.cpu.run(3L * ROUNDS);
            machine.cpu.setRflags(1 << 9);
            machine.platform.onMmioWrite = () -> machine.cpu.setInterruptPending(true);
            long before = machine.cpu.gpr[RAX];
            assertThat(machine.cpu.run(1000)).isEqualTo(StopReason.INTERRUPT_WINDOW);
            assertThat(machine.cpu.gpr[RAX]).isEqualTo(before + 1);
            assertThat(machine.cpu.rip).isEqualTo(CODE + 4);
        }
    }

    @Test
    void aBlockIsHotOnceWhenItHasBeenExecutedOftenEnough() {
        DecodedInstruction nothing =
                Objects.requireNonNull(new Decoder().decode(new byte[] {(byte) 0x90}, 0, 1, CodeSize.CODE64));
        Block block = new Block(CodeCache.key(0, 0), new DecodedInstruction[] {nothing});
        for (int i = 1; i < Block.HOT; i++) {
            assertThat(block.becomesHot()).isFalse();
        }
        assertThat(block.becomesHot()).isTrue();
        assertThat(block.becomesHot()).isFalse();
    }
}
