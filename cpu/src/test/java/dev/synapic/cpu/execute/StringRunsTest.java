// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.DecodedInstruction;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Repeated MOVS and STOS go by pages, and do what they would do step by step (SDM vol. 2B, "REP"). */
class StringRunsTest {
    private static final int AREA = 0x20_0000, BYTES = 5 * 4096;

    private final BareCpu bare = new BareCpu(CodeSize.CODE32);
    private final byte[] expected = new byte[BYTES];

    private void run(DecodedInstruction in) {
        long behind = bare.cpu.nextRip(in);
        do {
            bare.cpu.rip = behind;
            bare.execute(in);
        } while (bare.cpu.rip != behind);
    }

    /** Overlaps of all kinds, up and down, over page boundaries, of random length. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "rep movsb, f3a4, 1, true", "rep movsw, f366a5, 2, true", "rep movsd, f3a5, 4, true",
        "rep stosb, f3aa, 1, false", "rep stosw, f366ab, 2, false", "rep stosd, f3ab, 4, false"
    })
    void repetitionsEqualTheirSteps(String text, String bytes, int width, boolean moves) {
        DecodedInstruction in = bare.decode(HexFormat.of().parseHex(bytes));
        Random random = new Random(20261121);
        for (int round = 0; round < 400; round++) {
            random.nextBytes(expected);
            bare.ram.putBytes(AREA, expected);
            int count = random.nextInt(round % 4 == 0 ? 20 : 6000 / width);
            boolean down = random.nextInt(4) == 0;
            int span = count * width;
            int source = random.nextInt(BYTES - span);
            int near = Math.clamp(source + random.nextInt(64) - 32, 0, BYTES - span - 1);
            int target = random.nextBoolean() ? near : random.nextInt(BYTES - span);
            int first = down ? span - width : 0;
            bare.cpu.flags.direction = down;
            bare.cpu.gpr[Operands.RSI] = AREA + (long) source + first;
            bare.cpu.gpr[Operands.RDI] = AREA + (long) target + first;
            bare.cpu.gpr[Operands.RCX] = count;
            bare.cpu.gpr[Operands.RAX] = round % 3 == 0 ? 0 : 0x8182_8384L;
            for (int i = 0; i < count; i++) {
                int at = down ? span - width - i * width : i * width;
                for (int j = 0; j < width; j++) {
                    long accumulator = bare.cpu.gpr[Operands.RAX] >>> 8 * j;
                    expected[target + at + j] = moves ? element(source + at, width, j) : (byte) accumulator;
                }
            }

            run(in);

            byte[] actual = new byte[BYTES];
            bare.ram.getBytes(AREA, actual, 0, BYTES);
            assertThat(actual).isEqualTo(expected);
            long moved = down ? -span : span;
            assertThat(bare.cpu.gpr[Operands.RDI]).isEqualTo(AREA + target + first + moved);
            assertThat(bare.cpu.gpr[Operands.RSI]).isEqualTo(AREA + source + first + (moves ? moved : 0));
            assertThat(bare.cpu.gpr[Operands.RCX]).isZero();
        }
    }

    private final byte[] held = new byte[8];

    /** An element is read whole before it is written. */
    private byte element(int at, int width, int j) {
        if (j == 0) {
            System.arraycopy(expected, at, held, 0, width);
        }
        return held[j];
    }

    /** A segment's limit and 16-bit offsets end a run as they end single steps. */
    @Test
    void offsetsWrapAsTheAddressSizeSays() {
        DecodedInstruction in = bare.decode(HexFormat.of().parseHex("67f3aa" /* addr16 rep stosb */));
        bare.cpu.gpr[Operands.RDI] = 0xFFF8;
        bare.cpu.gpr[Operands.RCX] = 16;
        bare.cpu.gpr[Operands.RAX] = 0x5A;
        run(in);
        assertThat(bare.cpu.gpr[Operands.RDI]).isEqualTo(8);
        assertThat(bare.ram.getByte(0xFFFF)).isEqualTo((byte) 0x5A);
        assertThat(bare.ram.getByte(0x10000)).isZero();
        assertThat(bare.ram.getByte(7)).isEqualTo((byte) 0x5A);
        assertThat(bare.ram.getByte(8)).isZero();
    }
}
