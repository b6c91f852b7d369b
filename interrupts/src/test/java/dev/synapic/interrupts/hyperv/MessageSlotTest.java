// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.MessageSlot.Post;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLFS, HV_MESSAGE and "SynIC Messages". */
class MessageSlotTest {
    private static final long SIMP = 0x2001;
    private static final long SLOT_5 = 0x2000 + 5 * 256;
    private static final SynIcMessage HELLO =
            new SynIcMessage(0x8000_0010, 0x1122_3344_5566_7788L, new byte[] {1, 2, 3});

    private final GuestMemory memory = GuestMemory.allocate(1 << 16);
    private final MessageSlot slots = new MessageSlot(memory);

    private boolean pendingFlag() {
        return (memory.getByte(SLOT_5 + 5) & 1) != 0;
    }

    /** What a guest does with a message: empty the slot, then look at the flag. Returns whether it would write EOM. */
    private boolean guestEmptiesSlotAndWouldWriteEom() {
        memory.putInt(SLOT_5, 0);
        return pendingFlag();
    }

    @Test
    void messageStandsInItsSlotAsTheLayoutSays() {
        assertThat(slots.post(SIMP, 5, HELLO)).isEqualTo(Post.POSTED);

        assertThat(memory.getInt(SLOT_5)).isEqualTo(0x8000_0010);
        assertThat(memory.getByte(SLOT_5 + 4)).isEqualTo((byte) 3);
        assertThat(memory.getByte(SLOT_5 + 5)).isZero();
        assertThat(memory.getLong(SLOT_5 + 8)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(memory.getInt(SLOT_5 + 16)).isEqualTo(0x0003_0201);
        assertThat(memory.getInt(SLOT_5 + 256)).as("next slot").isZero();
        assertThat(memory.getInt(SLOT_5 - 256)).as("previous slot").isZero();
    }

    @Test
    void largestPayloadStaysInItsSlot() {
        byte[] payload = new byte[240];
        java.util.Arrays.fill(payload, (byte) 0xFF);

        slots.post(SIMP, 15, new SynIcMessage(1, 0, payload));

        assertThat(memory.getByte(0x2FFF)).isEqualTo((byte) 0xFF);
        assertThat(memory.getByte(0x3000)).isZero();
        assertThat(memory.getByte(0x2F04)).isEqualTo((byte) 240);
    }

    @Test
    void messagesThatCannotBeAreRefusedWhenMade() {
        assertThatIllegalArgumentException().isThrownBy(() -> new SynIcMessage(1, 0, new byte[241]));
        assertThatIllegalArgumentException().isThrownBy(() -> new SynIcMessage(0, 0, new byte[0]));
    }

    @Test
    void busySlotKeepsItsMessageAndGetsThePendingFlag() {
        slots.post(SIMP, 5, HELLO);

        assertThat(slots.post(SIMP, 5, new SynIcMessage(1, 9, new byte[0]))).isEqualTo(Post.BUSY);

        assertThat(memory.getInt(SLOT_5)).isEqualTo(0x8000_0010);
        assertThat(memory.getByte(SLOT_5 + 4)).isEqualTo((byte) 3);
        assertThat(pendingFlag()).isTrue();
    }

    @Test
    void nextMessageStartsWithThePendingFlagClear() {
        slots.post(SIMP, 5, HELLO);
        slots.post(SIMP, 5, HELLO);
        guestEmptiesSlotAndWouldWriteEom();

        slots.post(SIMP, 5, HELLO);

        assertThat(pendingFlag()).isFalse();
    }

    /**
     * Lost wake-up, first half: the guest empties the slot and looks at the flag before it is set. It will not write
     * EOM.
     */
    @Test
    void guestThatLooksBeforeTheFlagIsSetGetsTheMessageAtOnce() {
        boolean[] eom = {true};
        MessageSlot raced = new MessageSlot(memory, new MessageSlot.Steps() {
            @Override
            public void foundBusy() {
                eom[0] = guestEmptiesSlotAndWouldWriteEom();
            }
        });
        slots.post(SIMP, 5, HELLO);

        Post result = raced.post(SIMP, 5, new SynIcMessage(7, 0, new byte[0]));

        assertThat(eom[0]).as("the guest sees no reason for EOM").isFalse();
        assertThat(result).isEqualTo(Post.POSTED);
        assertThat(memory.getInt(SLOT_5)).isEqualTo(7);
    }

    /**
     * Second half: the guest empties the slot between flag and second look. It writes an EOM too many, which is
     * tolerated.
     */
    @Test
    void guestThatLooksAfterTheFlagIsSetWritesEomAndFindsTheMessage() {
        boolean[] eom = {false};
        MessageSlot raced = new MessageSlot(memory, new MessageSlot.Steps() {
            @Override
            public void flaggedPending() {
                eom[0] = guestEmptiesSlotAndWouldWriteEom();
            }
        });
        slots.post(SIMP, 5, HELLO);

        assertThat(raced.post(SIMP, 5, new SynIcMessage(7, 0, new byte[0]))).isEqualTo(Post.POSTED);

        assertThat(eom[0]).isTrue();
        assertThat(memory.getInt(SLOT_5)).isEqualTo(7);
    }

    @Test
    void flagIsSetBeforeTheSlotIsLookedAtAgain() {
        boolean[] flagged = {false};
        MessageSlot watched = new MessageSlot(memory, new MessageSlot.Steps() {
            @Override
            public void flaggedPending() {
                flagged[0] = pendingFlag();
            }
        });
        slots.post(SIMP, 5, HELLO);

        watched.post(SIMP, 5, HELLO);

        assertThat(flagged[0]).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {0x2000, 0x1_0001, 0x7FFF_FFFF_FFFF_F001L, -1, 0xFFFF_FFFF_FFFF_F001L, Long.MIN_VALUE | 1})
    void disabledOrMissingPageIsAResultNotAnException(long simp) {
        assertThat(slots.post(simp, 5, HELLO)).isEqualTo(Post.DISABLED);
        assertThat(slots.isFree(simp, 5)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 16, 1000, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void slotThatDoesNotExistIsAResultNotAnException(int sint) {
        assertThat(slots.post(SIMP, sint, HELLO)).isEqualTo(Post.DISABLED);
    }
}
