// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.MessageSlot.Post;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** TLFS, "Message Buffer Queues": several producers, one slot. */
class SlotTurnsTest {
    private static final int VP = 1;
    private static final int SINT = 2;
    private static final long SIMP = 0x8001;
    private static final long SLOT = 0x8000 + SINT * 256;
    private static final int TIMER0 = 0;
    private static final int TIMER3 = 3;
    private static final int VMM = SlotTurns.VMM;

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final SlotTurns turns = new SlotTurns(new MessageSlot(memory), 2);

    private Post post(int producer) {
        return turns.post(VP, SINT, SIMP, new SynIcMessage(producer + 1, 0, new byte[1]), producer);
    }

    /** Which producer's message stands in the slot; the guest takes it. Returns -1 where there is none. */
    private int take() {
        int type = memory.getInt(SLOT);
        memory.putInt(SLOT, 0);
        return type - 1;
    }

    private boolean pendingFlag() {
        return (memory.getByte(SLOT + 5) & 1) != 0;
    }

    @Test
    void whoWaitedFirstGetsTheSlotFirst() {
        assertThat(post(TIMER0)).isEqualTo(Post.POSTED);
        assertThat(post(VMM)).isEqualTo(Post.BUSY);
        assertThat(post(TIMER3)).isEqualTo(Post.BUSY);
        assertThat(take()).isEqualTo(TIMER0);

        assertThat(post(TIMER3)).as("behind the VMM").isEqualTo(Post.BUSY);
        assertThat(memory.getInt(SLOT)).as("left free for it").isZero();
        assertThat(post(VMM)).isEqualTo(Post.POSTED);
        assertThat(take()).isEqualTo(VMM);
        assertThat(post(TIMER3)).isEqualTo(Post.POSTED);
    }

    @Test
    void messageCarriesThePendingFlagWhileOthersWait() {
        post(TIMER0);
        post(VMM);
        post(TIMER3);
        assertThat(pendingFlag()).isTrue();
        take();

        post(VMM);
        assertThat(pendingFlag()).as("timer 3 waits").isTrue();
        take();

        post(TIMER3);
        assertThat(pendingFlag()).as("nobody waits").isFalse();
    }

    @Test
    void producerThatWaitsTwiceStandsInTheQueueOnce() {
        post(TIMER0);
        post(VMM);
        post(VMM);
        take();

        assertThat(post(VMM)).isEqualTo(Post.POSTED);
        take();
        assertThat(post(TIMER0)).isEqualTo(Post.POSTED);
    }

    @Test
    void whoLeavesBlocksNobody() {
        post(TIMER0);
        post(VMM);
        post(TIMER3);
        take();

        turns.leave(VP, SINT, VMM);

        assertThat(post(TIMER3)).isEqualTo(Post.POSTED);
        assertThat(pendingFlag()).isFalse();
    }

    @Test
    void disabledPageEndsTheWait() {
        post(TIMER0);
        post(VMM);

        assertThat(turns.post(VP, SINT, 0, new SynIcMessage(1, 0, new byte[1]), VMM))
                .isEqualTo(Post.DISABLED);

        take();
        assertThat(post(TIMER3)).isEqualTo(Post.POSTED);
    }

    @Test
    void whoDoesNotWaitIsRefusedWhileOthersDo() {
        SynIcMessage message = new SynIcMessage(9, 0, new byte[1]);
        assertThat(turns.tryPost(VP, SINT, SIMP, message)).isEqualTo(Post.POSTED);
        assertThat(turns.tryPost(VP, SINT, SIMP, message)).isEqualTo(Post.BUSY);
        take();
        assertThat(post(TIMER0)).as("the one before does not wait").isEqualTo(Post.POSTED);
        post(VMM);
        take();

        assertThat(turns.tryPost(VP, SINT, SIMP, message)).isEqualTo(Post.BUSY);
        assertThat(turns.tryPost(VP, SINT, 0, message)).isEqualTo(Post.DISABLED);
    }

    @Test
    void slotsAreApart() {
        post(TIMER0);
        post(VMM);

        SynIcMessage message = new SynIcMessage(1, 0, new byte[1]);
        assertThat(turns.post(VP, SINT + 1, SIMP, message, TIMER3)).isEqualTo(Post.POSTED);
        assertThat(turns.post(0, SINT, 0x9001, message, TIMER3)).isEqualTo(Post.POSTED);
    }

    @Test
    void whatDoesNotExistIsDisabled() {
        SynIcMessage message = new SynIcMessage(1, 0, new byte[1]);
        for (int[] place : new int[][] {{-1, 0}, {2, 0}, {0, -1}, {0, 16}, {Integer.MAX_VALUE, Integer.MIN_VALUE}}) {
            assertThat(turns.post(place[0], place[1], SIMP, message, VMM)).isEqualTo(Post.DISABLED);
            assertThat(turns.tryPost(place[0], place[1], SIMP, message)).isEqualTo(Post.DISABLED);
            turns.leave(place[0], place[1], VMM);
        }
    }

    @Test
    void orderOfThoseWhoWaitIsSavedAndRestored() {
        post(TIMER0);
        post(VMM);
        post(TIMER3);
        List<Integer> saved = turns.save(VP);

        turns.clear(VP);
        assertThat(turns.save(VP)).isEqualTo(Collections.nCopies(16, 0));
        turns.restore(VP, saved);

        assertThat(turns.save(VP)).isEqualTo(saved);
        take();
        assertThat(post(TIMER3)).isEqualTo(Post.BUSY);
        assertThat(post(VMM)).isEqualTo(Post.POSTED);
    }

    @Test
    void onlyQueuesOfKnownProducersAreRestored() {
        assertThat(SlotTurns.isValid(0)).isTrue();
        assertThat(SlotTurns.isValid(0x64_3215)).isTrue();
        for (int broken : new int[] {0x7, 0x10, 0x11, 0x101, -1}) {
            assertThat(SlotTurns.isValid(broken))
                    .as(Integer.toHexString(broken))
                    .isFalse();
        }
        List<Integer> waiting = new ArrayList<>(Collections.nCopies(16, 0));
        waiting.set(3, 0x11);
        List<Long> sints = Collections.nCopies(16, 0L);
        assertThatThrownBy(() -> new SynIcState(2, true, false, 0, 1, 0, 0, sints, waiting))
                .hasMessageContaining("who waits");
    }
}
