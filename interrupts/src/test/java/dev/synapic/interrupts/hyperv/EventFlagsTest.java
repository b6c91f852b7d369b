// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.EventFlags.Signal;
import org.junit.jupiter.api.Test;

/** TLFS, "SynIC Event Flags". */
class EventFlagsTest {
    private static final long SIEFP = 0x2001;
    private static final int[] CORNERS = {
        Integer.MIN_VALUE,
        Integer.MIN_VALUE + 1,
        -4096,
        -2048,
        -2047,
        -256,
        -32,
        -16,
        -1,
        0,
        1,
        7,
        8,
        15,
        16,
        17,
        31,
        32,
        63,
        64,
        255,
        256,
        2046,
        2047,
        2048,
        2049,
        4095,
        4096,
        32767,
        32768,
        65535,
        65536,
        1 << 24,
        Integer.MAX_VALUE - 1,
        Integer.MAX_VALUE
    };

    private final GuestMemory memory = GuestMemory.allocate(1 << 16);

    @Test
    void flagNIsBitNModulo8OfByteNDividedBy8() {
        assertThat(EventFlags.signal(memory, SIEFP, 3, 1029)).isEqualTo(Signal.NEWLY_SET);

        assertThat(memory.getByte(0x2000 + 3 * 256 + 128)).isEqualTo((byte) (1 << 5));
    }

    @Test
    void flagThatIsSetAlreadyIsNoNews() {
        EventFlags.signal(memory, SIEFP, 3, 40);

        assertThat(EventFlags.signal(memory, SIEFP, 3, 40)).isEqualTo(Signal.ALREADY_SET);
        assertThat(EventFlags.signal(memory, SIEFP, 3, 41)).isEqualTo(Signal.NEWLY_SET);
    }

    /** QEMU, hyperv_set_event_flag, off by one: it compared with > where >= was meant: flag 2048 was the next SINT's flag 0. */
    @Test
    void lastFlagIs2047AndLastSintIs15() {
        assertThat(EventFlags.signal(memory, SIEFP, 15, 2047)).isEqualTo(Signal.NEWLY_SET);
        assertThat(EventFlags.signal(memory, SIEFP, 0, 2048)).isEqualTo(Signal.OUT_OF_RANGE);
        assertThat(EventFlags.signal(memory, SIEFP, 16, 0)).isEqualTo(Signal.OUT_OF_RANGE);

        assertThat(memory.getInt(0x2100)).as("the next SINT's first flag").isZero();
        assertThat(memory.getByte(0x2FFF)).isEqualTo((byte) 0x80);
        assertThat(memory.getInt(0x3000)).isZero();
    }

    /** OpenVMM d2914b12e: an index from the guest stopped the host. */
    @Test
    void everyCornerOfSintFlagAndPageIsAnswered() {
        long[] pages = {0, 1, 0x2000, SIEFP, 0xF001, 0x1_0001, -1, Long.MIN_VALUE | 1, Long.MAX_VALUE};
        for (int sint : CORNERS) {
            for (int flag : CORNERS) {
                for (long page : pages) {
                    check(page, sint, flag);
                }
            }
        }
    }

    private void check(long siefp, int sint, int flag) {
        boolean inRange = sint >= 0 && sint < 16 && flag >= 0 && flag < 2048;
        boolean usable = (siefp & 1) != 0 && siefp >= 0 && siefp < memory.size();
        Signal result = EventFlags.signal(memory, siefp, sint, flag);

        if (!inRange) {
            assertThat(result).isEqualTo(Signal.OUT_OF_RANGE);
        } else if (!usable) {
            assertThat(result).isEqualTo(Signal.DISABLED);
        } else {
            assertThat(result).isIn(Signal.NEWLY_SET, Signal.ALREADY_SET);
        }
    }
}
