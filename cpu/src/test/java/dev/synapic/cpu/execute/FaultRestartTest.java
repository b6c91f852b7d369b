// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.spec.x86.Cr4;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An instruction that faults leaves the state in which it can start again (SDM vol. 3A, 6.6). */
class FaultRestartTest {
    private static final long ABSENT = 0x20_2000, READ_ONLY = 0x20_4000;
    private static final int WRITE = 2, PRESENT = 1;
    private static final int SOME_FLAGS = Flags.CF | Flags.AF | Flags.OF;

    private final BareCpu bare = new BareCpu(CodeSize.CODE32);

    private DecodedInstruction decode(String bytes) {
        return bare.decode(HexFormat.of().parseHex(bytes));
    }

    private CpuException fault(DecodedInstruction in) {
        return catchThrowableOfType(CpuException.class, () -> bare.execute(in));
    }

    /** ESI points at a read-only page: each must fault as a write, even those that would write nothing new. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "add [esi] eax, 0106",
        "adc [esi] bl, 101e",
        "sbb [esi] imm, 811e01000000",
        "inc [esi], ff06",
        "neg [esi], f71e",
        "not [esi], f716",
        "and [esi] ax, 662106",
        "mov [esi] eax, 8906",
        "mov [esi] imm, c70605000000",
        "shl [esi], d126",
        "rcr [esi] cl, d31e",
        "shl [esi] 0, c12600",
        "shld [esi], 0fa40604",
        "shrd [esi] cl, 0fad06",
        "bts [esi], 0fab06",
        "btr [esi] imm, 0fba3603",
        "lock btc [esi], f00fbb06",
        "lock add [esi] eax, f00106",
        "lock dec [esi], f0ff0e",
        "xchg [esi] eax, 8706",
        "xadd [esi] eax, 0fc106",
        "lock xadd [esi] eax, f00fc106",
        "cmpxchg [esi] ecx, 0fb10e",
        "lock cmpxchg [esi] ecx, f00fb10e",
        "cmpxchg8b [esi], 0fc70e",
        "setz [esi], 0f9406",
        "movbe [esi] eax, 0f38f106",
        "pop [esi], 8f06",
        "movsd, a5",
        "stosd, ab"
    })
    void writeToReadOnlyPageChangesNothing(String text, String bytes) {
        bare.page(ABSENT, READ_ONLY);
        long[] registers = {0x78, 0x2_0003, 0x77, 0x0102_0304, 0x20_0100, 0x20_0200, READ_ONLY, READ_ONLY + 8};
        System.arraycopy(registers, 0, bare.cpu.gpr, 0, 8);
        bare.cpu.flags.setBits(SOME_FLAGS);

        CpuException fault = fault(decode(bytes));

        assertThat(fault).isNotNull();
        assertThat(fault.vector()).isEqualTo(CpuException.PF);
        assertThat(fault.errorCode()).isEqualTo(WRITE | PRESENT);
        assertThat(Arrays.copyOf(bare.cpu.gpr, 8)).isEqualTo(registers);
        assertThat(bare.cpu.flags.bits()).isEqualTo(SOME_FLAGS);
    }

    /** Stores of floating-point instructions at the end of a writable page, or into a read-only one: nothing happens. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "movups, 0f1106",
        "movdqu, f30f7f06",
        "movsd, f20f1106",
        "movhps, 0f1706",
        "movq mm, 0f7f06",
        "maskmovdqu, 660ff7ca",
        "fst m32, d916",
        "fstp m64, dd1e",
        "fstp m80, db3e",
        "fistp m64, df3e",
        "fbstp, df36",
        "fnstenv, d936",
        "fnsave, dd36",
        "fnstcw, d93e",
        "fnstsw, dd3e"
    })
    void floatingPointStoreThatFaultsChangesNothing(String text, String bytes) {
        bare.page(ABSENT, READ_ONLY);
        bare.cpu.control.cr4 |= Cr4.OSFXSR;
        bare.cpu.fpu.initialize();
        bare.cpu.fpu.setControl(0x37F);
        bare.cpu.fpu.push();
        bare.cpu.fpu.set(bare.cpu.fpu.index(0), 0x4000, 0xC90F_DAA2_2168_C235L);
        bare.cpu.vectors.xmm[2] = -1;
        bare.cpu.vectors.xmm[3] = -1;
        bare.cpu.vectors.xmm[5] = 0x80L << 56 | 0x80L << 48;
        bare.cpu.vectors.xmm[4] = 0x80;
        long edge = bytes.equals("660ff7ca") ? READ_ONLY - 8 : READ_ONLY - 1;
        bare.cpu.gpr[Operands.RSI] = edge;
        bare.cpu.gpr[Operands.RDI] = edge;

        CpuException fault = fault(decode(bytes));

        assertThat(fault).isNotNull();
        assertThat(fault.vector()).isEqualTo(CpuException.PF);
        assertThat(bare.cpu.control.cr2).isEqualTo(READ_ONLY);
        assertThat(bare.ram.getByte(READ_ONLY - 1)).isZero();
        assertThat(bare.ram.getByte(READ_ONLY - 8)).isZero();
        assertThat(bare.cpu.fpu.status()).isEqualTo(7 << 11);
        assertThat(bare.cpu.fpu.abridgedTags()).isEqualTo(0x80);
    }

    /** The stack ends at an absent page below (ESP) or above (EBP, for LEAVE). */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "push eax, 50, 0x203000",
        "pusha, 60, 0x203010",
        "popa, 61, 0x201FF8",
        "enter 8 0, c8080000, 0x203000",
        "enter 16 0 (frame), c8100000, 0x203008",
        "call, e810000000, 0x203000",
        "call [esi], ff16, 0x203000",
        "pop eax, 58, 0x202000",
        "ret, c3, 0x202000",
        "ret 8, c20800, 0x202000",
        "leave, c9, 0x200100",
        "push imm, 6a05, 0x203000",
        "pop [esi], 8f06, 0x202000"
    })
    void stackThatIsNotThereKeepsTheStackPointer(String text, String bytes, String stackPointer) {
        bare.page(ABSENT, READ_ONLY);
        long[] registers = {1, 2, 3, 4, Long.decode(stackPointer), ABSENT, 0x20_0000, 7};
        System.arraycopy(registers, 0, bare.cpu.gpr, 0, 8);

        CpuException fault = fault(decode(bytes));

        assertThat(fault).isNotNull();
        assertThat(fault.vector()).isEqualTo(CpuException.PF);
        assertThat(Arrays.copyOf(bare.cpu.gpr, 8)).isEqualTo(registers);
    }

    @Test
    void repeatedMoveStopsAtTheFaultAndGoesOnFromThere() {
        bare.page(ABSENT, READ_ONLY);
        for (int i = 0; i < 32; i++) {
            bare.ram.putByte(0x20_0000 + i, (byte) (i + 1));
        }
        bare.cpu.gpr[Operands.RSI] = 0x20_0000;
        bare.cpu.gpr[Operands.RDI] = ABSENT - 20;
        bare.cpu.gpr[Operands.RCX] = 32;
        DecodedInstruction repMovsb = decode("f3a4");

        assertThat(fault(repMovsb).vector()).isEqualTo(CpuException.PF);
        assertThat(bare.cpu.gpr[Operands.RCX]).isEqualTo(12);
        assertThat(bare.cpu.gpr[Operands.RSI]).isEqualTo(0x20_0000 + 20);
        assertThat(bare.cpu.gpr[Operands.RDI]).isEqualTo(ABSENT);

        bare.page(0, READ_ONLY);
        bare.execute(repMovsb);
        assertThat(bare.cpu.gpr[Operands.RCX]).isZero();
        for (int i = 0; i < 32; i++) {
            assertThat(bare.ram.getByte(ABSENT - 20 + i)).isEqualTo((byte) (i + 1));
        }
    }

    @Test
    void repeatedCompareThatFaultsKeepsTheFlagsFromBeforeIt() {
        bare.page(ABSENT, READ_ONLY);
        bare.cpu.gpr[Operands.RDI] = ABSENT - 8;
        bare.cpu.gpr[Operands.RCX] = 16;
        bare.cpu.gpr[Operands.RAX] = 0;
        bare.cpu.flags.setBits(SOME_FLAGS);

        assertThat(fault(decode("f3ae")).vector()).isEqualTo(CpuException.PF);
        assertThat(bare.cpu.gpr[Operands.RCX]).isEqualTo(8);
        assertThat(bare.cpu.gpr[Operands.RDI]).isEqualTo(ABSENT);
        assertThat(bare.cpu.flags.bits()).isEqualTo(SOME_FLAGS);
    }

    /** Interrupts get through: RIP is back on the instruction until the count is done. */
    @Test
    void longRepetitionComesBackInPortions() {
        bare.cpu.gpr[Operands.RDI] = 0x20_0000;
        bare.cpu.gpr[Operands.RCX] = 10_000;
        bare.cpu.gpr[Operands.RAX] = 0x5A;
        DecodedInstruction repStosb = decode("f3aa");
        long behind = bare.cpu.nextRip(repStosb);
        int calls = 0;
        do {
            bare.cpu.rip = behind;
            bare.execute(repStosb);
            calls++;
        } while (bare.cpu.rip == behind - repStosb.length());

        assertThat(calls).isEqualTo(3);
        assertThat(bare.cpu.rip).isEqualTo(behind);
        assertThat(bare.cpu.gpr[Operands.RCX]).isZero();
        assertThat(bare.cpu.gpr[Operands.RDI]).isEqualTo(0x20_0000 + 10_000);
        assertThat(bare.ram.getByte(0x20_0000 + 9_999)).isEqualTo((byte) 0x5A);
    }

    @Test
    void divisionErrorLeavesTheRegisters() {
        bare.cpu.gpr[Operands.RAX] = 0x8000_0000L;
        bare.cpu.gpr[Operands.RDX] = 0xFFFF_FFFFL;
        bare.cpu.gpr[Operands.RBX] = 0xFFFF_FFFFL;
        assertThat(fault(decode("f7fb")).vector()).isEqualTo(CpuException.DE);
        assertThat(bare.cpu.gpr[Operands.RAX]).isEqualTo(0x8000_0000L);
    }
}
