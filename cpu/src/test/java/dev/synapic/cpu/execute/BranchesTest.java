// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.CpuException;
import dev.synapic.cpu.DecodedInstruction;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Near branches: target, stack, counter. The instruction stands at the address that nextRip starts from. */
class BranchesTest {
    private static final long STACK = 0x20_0800;

    @ParameterizedTest(name = "{0} {2}")
    @CsvSource({
        // mode, bytes, text, rcx before, flags, offset of RIP from the instruction, rcx after
        "CODE64, eb10,     jmp +16,        0, 0,  0x12, 0",
        "CODE64, ebfe,     jmp self,       0, 0,  0, 0",
        "CODE64, 7410,     je,             0, 40, 0x12, 0",
        "CODE64, 7410,     je not taken,   0, 0,  2, 0",
        "CODE64, 0f8500010000, jne near,   0, 0,  0x106, 0",
        "CODE64, e2fe,     loop,           2, 0,  0, 1",
        "CODE64, e2fe,     loop ends,      1, 0,  2, 0",
        "CODE64, 67e2fd,   loop by ecx,    0x100000001, 0, 3, 0",
        "CODE64, e1fe,     loope,          5, 40, 0, 4",
        "CODE64, e1fe,     loope ends,     5, 0,  2, 4",
        "CODE64, e0fe,     loopne ends,    5, 40, 2, 4",
        "CODE64, e305,     jrcxz,          0, 0,  7, 0",
        "CODE64, 67e305,   jecxz,          0x100000000, 0, 8, 0x100000000",
        "CODE32, e302,     jecxz,          0x10000, 0, 2, 0x10000",
        "CODE32, 67e302,   jcxz,           0x10000, 0, 5, 0x10000",
        "CODE16, 7d10,     jge,            0, 0,  0x12, 0",
        "CODE16, 7d10,     jge not taken,  0, 80, 2, 0"
    })
    void goes(CodeSize size, String bytes, String text, String counter, String flags, String offset, String after) {
        BareCpu bare = new BareCpu(size);
        DecodedInstruction in = bare.decode(HexFormat.of().parseHex(bytes));
        long start = bare.cpu.nextRip(in) - in.length();
        bare.cpu.rip = bare.cpu.nextRip(in);
        bare.cpu.gpr[Operands.RCX] = Long.decode(counter);
        bare.cpu.flags.setBits(Integer.parseInt(flags, 16));

        bare.execute(in);

        assertThat(bare.cpu.rip - start).isEqualTo(Long.decode(offset));
        assertThat(bare.cpu.gpr[Operands.RCX]).isEqualTo(Long.decode(after));
        assertThat(in.endsBlock()).isTrue();
    }

    @Test
    void callPushesAndReturnComesBack() {
        BareCpu bare = new BareCpu(CodeSize.CODE64);
        bare.cpu.gpr[Operands.RSP] = STACK;
        DecodedInstruction call = bare.decode(HexFormat.of().parseHex("e800010000"));
        bare.execute(call);
        long behind = bare.cpu.nextRip(call);
        assertThat(bare.cpu.rip).isEqualTo(behind + 0x100);
        assertThat(bare.ram.getLong(STACK - 8)).isEqualTo(behind);

        bare.execute(bare.decode(HexFormat.of().parseHex("c21000")));
        assertThat(bare.cpu.rip).isEqualTo(behind);
        assertThat(bare.cpu.gpr[Operands.RSP]).isEqualTo(STACK + 0x10);
    }

    /** The target is checked before the return address is pushed, and before a return moves the stack pointer. */
    @ParameterizedTest
    @CsvSource({"ffd0", "ffe0", "c3"})
    void nonCanonicalTargetFaultsBeforeTheStackMoves(String bytes) {
        BareCpu bare = new BareCpu(CodeSize.CODE64);
        bare.cpu.gpr[Operands.RSP] = STACK;
        bare.cpu.gpr[Operands.RAX] = 1L << 60;
        bare.ram.putLong(STACK, 1L << 60);
        bare.ram.putLong(STACK - 8, 0);
        DecodedInstruction in = bare.decode(HexFormat.of().parseHex(bytes));

        CpuException fault = catchThrowableOfType(CpuException.class, () -> bare.execute(in));

        assertThat(fault.vector()).isEqualTo(CpuException.GP);
        assertThat(bare.cpu.gpr[Operands.RSP]).isEqualTo(STACK);
        assertThat(bare.ram.getLong(STACK - 8)).isZero();
    }
}
