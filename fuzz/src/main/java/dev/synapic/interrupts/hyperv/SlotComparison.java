// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.fuzz.Comparison;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.hyperv.HvEventFlags;
import dev.synapic.spec.hyperv.HvMessage;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Message slots, the turns of their producers, and event flags against {@link SlotModel}: answers, waiters, all bytes. */
public final class SlotComparison implements Comparison {
    private static final int RAM = 1 << 16;
    private static final long MESSAGE_PAGE = 0x3000;
    private static final long EVENT_PAGE = 0x5000;
    private static final long BEYOND_RAM = 0x10_0000;

    private final GuestMemory memory = GuestMemory.allocate(RAM);
    private final SlotTurns turns = new SlotTurns(new MessageSlot(memory), 1);
    private final SlotModel model = new SlotModel();
    private final int sints;
    private long simp = MESSAGE_PAGE | 1;
    private long siefp = EVENT_PAGE | 1;

    public SlotComparison(long seed) {
        sints = 1 + new SplittableRandom(seed).nextInt(16);
    }

    @Override
    public @Nullable String step(long number) {
        SplittableRandom random = new SplittableRandom(number);
        int sint = random.nextInt(20) == 0 ? random.nextInt(-2, 18) : random.nextInt(sints);
        String difference = switch (random.nextInt(16)) {
            case 0, 1, 2, 3, 4, 5 -> post(sint, random);
            case 6 -> tryPost(sint, random);
            case 7, 8, 9 -> empty(sint, random);
            case 10 -> leave(sint, random);
            case 11 -> pages(random);
            case 12 -> restore();
            default -> signal(sint, random);
        };
        return difference == null ? compare() : difference;
    }

    private static SynIcMessage message(SplittableRandom random) {
        byte[] payload = new byte[random.nextInt(HvMessage.MAX_PAYLOAD_BYTES + 1)];
        random.nextBytes(payload);
        return new SynIcMessage(random.nextInt(1, Integer.MAX_VALUE), random.nextLong(), payload);
    }

    private @Nullable String post(int sint, SplittableRandom random) {
        SynIcMessage message = message(random);
        int producer = random.nextInt(SlotTurns.VMM + 1);
        MessageSlot.Post shown = turns.post(0, sint, simp, message, producer);
        return differs(shown, model.post(sint, message, producer));
    }

    private @Nullable String tryPost(int sint, SplittableRandom random) {
        SynIcMessage message = message(random);
        return differs(turns.tryPost(0, sint, simp, message), model.tryPost(sint, message));
    }

    /** The guest takes a message, or writes what it likes. */
    private @Nullable String empty(int sint, SplittableRandom random) {
        if (sint >= 0 && sint < SlotModel.SINTS) {
            int type = random.nextInt(4) == 0 ? random.nextInt() : HvMessage.TYPE_NONE;
            memory.putInt(HvMessage.slotGpa(MESSAGE_PAGE, sint), type);
            model.guestWritesType(sint, type);
        }
        return null;
    }

    private @Nullable String leave(int sint, SplittableRandom random) {
        int producer = random.nextInt(SlotTurns.VMM + 1);
        turns.leave(0, sint, producer);
        model.leave(sint, producer);
        return null;
    }

    private @Nullable String pages(SplittableRandom random) {
        switch (random.nextInt(8)) {
            case 0 -> simp = MESSAGE_PAGE;
            case 1 -> simp = BEYOND_RAM | 1;
            case 2 -> siefp = EVENT_PAGE;
            case 3 -> siefp = BEYOND_RAM | 1;
            case 4 -> {
                turns.clear(0);
                model.clear();
            }
            default -> {
                simp = MESSAGE_PAGE | 1;
                siefp = EVENT_PAGE | 1;
            }
        }
        model.setPages(simp == (MESSAGE_PAGE | 1), siefp == (EVENT_PAGE | 1));
        return null;
    }

    private @Nullable String restore() {
        turns.restore(0, turns.save(0));
        return null;
    }

    private @Nullable String signal(int sint, SplittableRandom random) {
        int flag = random.nextInt(10) == 0 ? random.nextInt(-2, 2_060) : random.nextInt(64);
        EventFlags.Signal shown = EventFlags.signal(memory, siefp, sint, flag);
        String difference = differs(shown, model.signal(sint, flag));
        if (difference == null && random.nextInt(3) == 0 && sint >= 0 && sint < SlotModel.SINTS) {
            long area = EVENT_PAGE + (long) sint * HvEventFlags.AREA_SIZE;
            memory.fill(area, HvEventFlags.AREA_SIZE, (byte) 0);
            model.guestClearsFlags(sint);
        }
        return difference;
    }

    private static @Nullable String differs(Object shown, Object right) {
        return shown.equals(right) ? null : "answer: " + shown + ", should be " + right;
    }

    private @Nullable String compare() {
        if (!turns.save(0).equals(model.waiting())) {
            return "who waits: " + turns.save(0) + ", should be " + model.waiting();
        }
        String difference = page("message", MESSAGE_PAGE, model.messagePage());
        return difference == null ? page("event", EVENT_PAGE, model.eventPage()) : difference;
    }

    private @Nullable String page(String name, long gpa, byte[] right) {
        byte[] shown = new byte[GuestMemory.PAGE_SIZE];
        memory.getBytes(gpa, shown, 0, shown.length);
        int at = Arrays.mismatch(shown, right);
        return at < 0 ? null : "%s page, byte 0x%x: %d, should be %d".formatted(name, at, shown[at], right[at]);
    }

    @Override
    public void close() {
        memory.close();
    }
}
