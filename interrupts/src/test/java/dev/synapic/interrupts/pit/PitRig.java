// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pit;

import dev.synapic.interrupts.routing.InterruptLine;
import dev.synapic.spec.x86.Pit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A PIT whose time is counted in its own ticks, with a line that counts pulses; for tests. */
final class PitRig implements InterruptLine, PitListener {
    long nanos;
    int pulses;
    /** What the line answers. */
    int result = 1;

    boolean up;

    @Nullable
    Listener heard;

    final List<Boolean> reinjection = new ArrayList<>();
    final Pit8254 pit = new Pit8254(() -> nanos, this, this);

    void at(long tick) {
        nanos = PitTicks.nanos(tick);
    }

    long tick() {
        return PitTicks.at(nanos);
    }

    /** Time goes on to a tick; whatever is due on the way happens when it is due. */
    void run(long tick) {
        long until = PitTicks.nanos(tick);
        for (long due = pit.nextDeadlineNanos(); due <= until; due = pit.nextDeadlineNanos()) {
            nanos = due;
            pit.expire();
        }
        nanos = until;
    }

    /** Mode and count, low byte first; the counter is loaded one tick later. */
    void program(int channel, int mode, int count) {
        pit.out(Pit.COMMAND, channel << 6 | 3 << 4 | mode << 1);
        count(channel, count);
    }

    void count(int channel, int count) {
        pit.out(Pit.CHANNEL0 + channel, count & 0xFF);
        pit.out(Pit.CHANNEL0 + channel, count >> 8 & 0xFF);
    }

    /** Latches and reads both bytes. */
    int read(int channel) {
        pit.out(Pit.COMMAND, channel << 6);
        return unlatched(channel);
    }

    int unlatched(int channel) {
        return pit.in(Pit.CHANNEL0 + channel) | pit.in(Pit.CHANNEL0 + channel) << 8;
    }

    int status(int channel) {
        pit.out(Pit.COMMAND, 0xC0 | Pit.READ_BACK_NO_COUNT | 2 << channel);
        return pit.in(Pit.CHANNEL0 + channel);
    }

    void gate2(boolean open) {
        pit.out(Pit.SYSTEM_CONTROL, open ? Pit.GATE2 : 0);
    }

    /** The output of channel 2 as a row of H and L over the next ticks. */
    String waveform(int ticks) {
        StringBuilder text = new StringBuilder();
        long from = tick();
        for (int i = 0; i < ticks; i++) {
            at(from + i);
            text.append(pit.output(2) ? 'H' : 'L');
        }
        at(from + ticks);
        return text.toString();
    }

    @Override
    public int set(boolean asserted) {
        pulses += asserted && !up ? 1 : 0;
        up = asserted;
        return result;
    }

    @Override
    public void listen(@Nullable Listener listener) {
        heard = listener;
    }

    @Override
    public void reinjectionChanged(boolean on) {
        reinjection.add(on);
    }
}
