// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.EventFlags;
import dev.synapic.interrupts.hyperv.SintMessageQueue;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.routing.IrqChipException;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.machine.bus.IoDevice;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A VMM's half of a conversation over the SynIC, driven by the guest: it posts messages, sets event flags and raises SINTs, at once or
 * after a delay of virtual time.
 *
 * <ul>
 *   <li>Models: ports 0x3010 delay in ns, 0x3014 command (SINT 7:0, VP index 15:8, command 23:16, argument 31:24), 0x3018 resample
 *       notifications, 0x301C staged messages of the SINT of the last command.
 *   <li>Spec: guests/README.md. Like a VMM it knows the SynIC only by page addresses ({@link SynIcPages}), raises SINTs only through
 *       irqfds and hears of EOI and EOM only through their resamplers ({@link SintGsiAllocator}).
 *   <li>Not modelled: connections and hypercalls.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class SynicDemoDevice implements IoDevice {
    public static final int PORT = 0x3010;
    public static final int PORTS = 16;
    private static final int DELAY = 0;
    private static final int COMMAND = 4;
    private static final int RESAMPLES = 8;
    private static final int STAGED = 12;
    private static final int ATTACH = 1;
    private static final int DETACH = 2;
    private static final int SIGNAL = 3;
    private static final int POST = 4;
    private static final int SET_FLAG = 5;
    private static final int CHANNEL_MESSAGE = 1;
    private static final int SINT_AND_VP = 0xFFFF;
    private static final int MOST_STAGED = 1024;

    /** Plans something for later, in virtual time. */
    @FunctionalInterface
    public interface Timer {
        void after(long nanos, Runnable action);
    }

    private final SintGsiAllocator lines;
    private final SlotTurns turns;
    private final SynIcPages pages;
    private final GuestMemory memory;
    private final Timer timer;
    private final Map<Integer, SintMessageQueue> attached = new HashMap<>();
    private long delayNanos;
    private int selected;
    private long refused;

    public SynicDemoDevice(SintGsiAllocator lines, SlotTurns turns, SynIcPages pages, GuestMemory memory, Timer timer) {
        this.lines = lines;
        this.turns = turns;
        this.pages = pages;
        this.memory = memory;
        this.timer = timer;
    }

    @Override
    public int in(int offset, int size) {
        SintMessageQueue queue = attached.get(selected);
        return switch (offset) {
            case RESAMPLES -> queue == null ? 0 : (int) queue.line().acknowledgements();
            case STAGED -> queue == null ? 0 : queue.size();
            default -> -1;
        };
    }

    @Override
    public void out(int offset, int size, int value) {
        if (offset == DELAY) {
            delayNanos = value & 0xFFFF_FFFFL;
        } else if (offset == COMMAND) {
            selected = value & SINT_AND_VP;
            long nanos = delayNanos;
            delayNanos = 0;
            if (nanos == 0) {
                act(value);
            } else {
                timer.after(nanos, () -> act(value));
            }
        }
    }

    private void act(int command) {
        int key = command & SINT_AND_VP;
        int argument = command >>> 24;
        switch (command >> 16 & 0xFF) {
            case ATTACH -> attach(key);
            case DETACH -> detach(key);
            case SIGNAL -> with(key, queue -> queue.line().raise());
            case POST ->
                with(key, queue -> queue.post(new SynIcMessage(CHANNEL_MESSAGE, 0, new byte[] {(byte) argument})));
            case SET_FLAG -> with(key, queue -> setFlag(key, argument, queue));
            default -> refused++;
        }
    }

    private void attach(int key) {
        try {
            SintMessageQueue queue = new SintMessageQueue(
                    lines, turns, pages, key >> 8, key & 0xFF, MOST_STAGED, SintMessageQueue.WhenDisabled.HOLD);
            attached.put(key, queue);
        } catch (IrqChipException alreadyAttached) {
            refused++;
        }
    }

    private void detach(int key) {
        SintMessageQueue queue = attached.remove(key);
        if (queue != null) {
            queue.close();
        }
    }

    private void setFlag(int key, int flag, SintMessageQueue queue) {
        EventFlags.Signal result = EventFlags.signal(memory, pages.siefp(key >> 8), key & 0xFF, flag);
        if (result == EventFlags.Signal.NEWLY_SET) {
            queue.line().raise();
        }
    }

    private void with(int key, Consumer<SintMessageQueue> action) {
        SintMessageQueue queue = attached.get(key);
        if (queue == null) {
            refused++;
        } else {
            action.accept(queue);
        }
    }

    /** Commands of the guest that made no sense: unknown, or for a SINT that is not attached, or attached twice. */
    public long refused() {
        return refused;
    }
}
