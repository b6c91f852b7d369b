// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The short ways to a condition say the same as the flags' bits do. */
class FlagsTest {
    private static final List<Operation> OPERATIONS = List.of(
            Arithmetic::add,
            Arithmetic::adc,
            Arithmetic::sub,
            Arithmetic::sbb,
            Arithmetic::and,
            Arithmetic::inc,
            Arithmetic::dec,
            Arithmetic::neg,
            Shifts::shl,
            Shifts::sar,
            Shifts::rcl,
            BitInstructions::bts);
    private static final long[] CORNERS = {
        0, 1, -1, 0x7F, 0x80, 0x7FFF, 0x8000, 0x7FFF_FFFF, 0x8000_0000L, Long.MIN_VALUE
    };

    @Test
    void conditionsFollowFromTheBitsWhateverSetThem() {
        long seed = Long.getLong("synapic.seed", 1L);
        System.out.println("flags: -Dsynapic.seed=" + seed);
        Random random = new Random(seed);
        Flags lazy = new Flags();
        Flags plain = new Flags();
        for (int i = 0; i < 200_000; i++) {
            int width = 1 << random.nextInt(4);
            Operation operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
            operation.apply(lazy, width, value(random, width), value(random, width));
            plain.setBits(lazy.bits());
            for (int code = 0; code < 16; code++) {
                assertThat(lazy.condition(code)).as("condition %d", code).isEqualTo(plain.condition(code));
            }
            assertThat(lazy.adjust()).isEqualTo((plain.bits() & Flags.AF) != 0);
        }
    }

    @Test
    void aRotateChangesCarryAndOverflowOnlyWhateverSetTheOthers() { // SDM vol. 2B, "RCL/RCR/ROL/ROR"
        long seed = Long.getLong("synapic.seed", 1L);
        Random random = new Random(seed);
        Flags flags = new Flags();
        for (int i = 0; i < 50_000; i++) {
            int width = 1 << random.nextInt(4);
            Operation operation = OPERATIONS.get(random.nextInt(OPERATIONS.size()));
            operation.apply(flags, width, value(random, width), value(random, width));
            boolean carry = random.nextBoolean();
            boolean overflow = random.nextBoolean();
            int others = flags.bits() & ~(Flags.CF | Flags.OF);
            flags.rotated(carry, overflow);
            assertThat(flags.bits())
                    .as("%s, -Dsynapic.seed=%d", operation, seed)
                    .isEqualTo(others | (carry ? Flags.CF : 0) | (overflow ? Flags.OF : 0));
        }
    }

    private static long value(Random random, int width) {
        long value = random.nextBoolean() ? random.nextLong() : CORNERS[random.nextInt(CORNERS.length)];
        return Operands.signExtend(value, width);
    }

    /** Bits, in the order of the SDM's table of conditions (vol. 1, B-1). */
    @Test
    void conditionsOfPlainBits() {
        Flags flags = new Flags();
        for (int bits = 0; bits < 64; bits++) {
            boolean c = (bits & 1) != 0, p = (bits & 2) != 0, z = (bits & 4) != 0;
            boolean s = (bits & 8) != 0, o = (bits & 16) != 0;
            flags.setBits((c ? Flags.CF : 0)
                    | (p ? Flags.PF : 0)
                    | (z ? Flags.ZF : 0)
                    | (s ? Flags.SF : 0)
                    | (o ? Flags.OF : 0)
                    | ((bits & 32) != 0 ? Flags.AF : 0));
            boolean[] expected = {o, c, z, c || z, s, p, s != o, z || s != o};
            for (int code = 0; code < 16; code++) {
                assertThat(flags.condition(code)).isEqualTo(expected[code >> 1] ^ (code & 1) != 0);
            }
        }
    }

    @Test
    void aRepeatedLockedUpdateSeesTheCarryFromBefore() {
        Flags flags = new Flags();
        flags.setBits(Flags.CF);
        assertThat(Arithmetic.adc(flags, 4, 1, 1)).isEqualTo(3);
        flags.replace(Flags.CF, Flags.CF);
        assertThat(Arithmetic.adc(flags, 4, 5, 1)).isEqualTo(7);
    }
}
