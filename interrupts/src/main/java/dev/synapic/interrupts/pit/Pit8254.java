// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pit;

import dev.synapic.interrupts.routing.InterruptLine;
import dev.synapic.spec.x86.Pit;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * The 8254 interval timer of a PC with port 0x61.
 *
 * <ul>
 *   <li>Models: three counters ({@link PitChannel}), latch and read-back commands, gate and output of channel 2, the
 *       refresh toggle, interrupts of channel 0, re-injection of ticks as KVM does it.
 *   <li>Spec: 8254 data sheet; ICH data sheets for port 0x61; docs, semantics-chips.
 *   <li>Not modelled: sound; the level of channel 0's output on its line (each rise is a pulse); the rise that a change of
 *       mode may cause; KVM's NMI to all processors at each tick (a board wires the 8259A to LINT0 instead); a lower limit for periods.
 *   <li>Threading: any thread. It has no clock of its own: whoever drives it calls {@link #expire} at
 *       {@link #nextDeadlineNanos}, which may change with every write.
 * </ul>
 */
public final class Pit8254 implements InterruptLine.Listener {
    private static final int KEPT_BITS = 0xF;
    /** Ticks between refreshes: 15 us, what channel 1 is programmed to in a PC. */
    private static final int REFRESH_TICKS = 18;

    private final LongSupplier nanos;
    private final InterruptLine line;
    private final PitListener listener;
    private final Object lock = new Object();
    private final PitChannel[] channels = {new PitChannel(true), new PitChannel(true), new PitChannel(false)};

    private int systemControl;
    private boolean reinjects;
    private boolean suppressed;
    private int pending;
    private boolean awaitsAcknowledgement;

    /** Re-injects ticks. nanos is the time it lives in, line the interrupt of channel 0. */
    public Pit8254(LongSupplier nanos, InterruptLine line, PitListener listener) {
        this(nanos, line, listener, true);
    }

    /** reinjects: QEMU's lost_tick_policy "delay"; otherwise "discard", as the chip. */
    public Pit8254(LongSupplier nanos, InterruptLine line, PitListener listener, boolean reinjects) {
        this.nanos = nanos;
        this.line = line;
        this.listener = listener;
        setReinjection(reinjects);
    }

    // ---- the guest's side ---------------------------------------------------------------------------------------

    /** Whether the port is the timer's. */
    public static boolean hasPort(int port) {
        return port >= Pit.CHANNEL0 && port <= Pit.COMMAND || port == Pit.SYSTEM_CONTROL;
    }

    /** A byte from a port; all ones where there is nothing to read. */
    public int in(int port) {
        synchronized (lock) {
            long now = settle();
            return switch (port) {
                case Pit.CHANNEL0, Pit.CHANNEL1, Pit.CHANNEL2 -> channels[port - Pit.CHANNEL0].read();
                case Pit.SYSTEM_CONTROL ->
                    systemControl
                            | (now / REFRESH_TICKS % 2 == 0 ? 0 : Pit.REFRESH)
                            | (channels[2].output() ? Pit.OUT2 : 0);
                default -> 0xFF;
            };
        }
    }

    /** A byte to a port. */
    public void out(int port, int value) {
        synchronized (lock) {
            settle();
            int bits = value & 0xFF;
            switch (port) {
                case Pit.CHANNEL0, Pit.CHANNEL1, Pit.CHANNEL2 -> channels[port - Pit.CHANNEL0].write(bits);
                case Pit.COMMAND -> command(bits);
                case Pit.SYSTEM_CONTROL -> {
                    systemControl = bits & KEPT_BITS;
                    channels[2].setGate((bits & Pit.GATE2) != 0);
                }
                default -> {
                    // Somebody else's.
                }
            }
        }
    }

    private void command(int bits) {
        int channel = bits >> 6;
        if (channel == Pit.READ_BACK) {
            readBack(bits);
        } else if ((bits >> 4 & 3) == Pit.ACCESS_LATCH) {
            channels[channel].latchCount();
        } else {
            channels[channel].program(bits);
        }
    }

    private void readBack(int bits) {
        for (int channel = 0; channel < channels.length; channel++) {
            if ((bits & 2 << channel) == 0) {
                continue;
            }
            if ((bits & Pit.READ_BACK_NO_COUNT) == 0) {
                channels[channel].latchCount();
            }
            if ((bits & Pit.READ_BACK_NO_STATUS) == 0) {
                channels[channel].latchStatus();
            }
        }
    }

    // ---- time ---------------------------------------------------------------------------------------------------

    /** When channel 0 next ticks, or {@link Long#MAX_VALUE}. */
    public long nextDeadlineNanos() {
        synchronized (lock) {
            return suppressed ? Long.MAX_VALUE : PitTicks.nanos(channels[0].nextRise());
        }
    }

    /** To be called at or after the deadline. However much time has passed, it takes one step. */
    public void expire() {
        synchronized (lock) {
            settle();
        }
    }

    private long settle() {
        long now = PitTicks.at(nanos.getAsLong());
        long ticks = channels[0].advance(now);
        channels[1].advance(now);
        channels[2].advance(now);
        if (ticks > 0 && !suppressed) {
            tick(ticks);
        }
        return now;
    }

    private void tick(long ticks) {
        if (!reinjects) {
            listener.ticked(line.pulse());
            return;
        }
        pending = (int) Math.min(pending + ticks, Integer.MAX_VALUE);
        inject();
    }

    private void inject() {
        if (awaitsAcknowledgement || pending == 0) {
            return;
        }
        awaitsAcknowledgement = true;
        int result = line.pulse();
        listener.ticked(result);
        if (result < 0) {
            // Nobody got it, so nobody will acknowledge it; ticks do not gather behind a mask.
            pending = 0;
            awaitsAcknowledgement = false;
        }
    }

    // ---- the line's side ----------------------------------------------------------------------------------------

    /** The tick under way is over: the next one that waits goes to the line. */
    @Override
    public void acknowledged() {
        synchronized (lock) {
            if (awaitsAcknowledgement) {
                awaitsAcknowledgement = false;
                pending = Math.max(pending - 1, 0);
                inject();
            }
        }
    }

    /** Ticks from before are nobody's. */
    @Override
    public void unmasked() {
        synchronized (lock) {
            forgetTicks();
        }
    }

    private void forgetTicks() {
        pending = 0;
        awaitsAcknowledgement = false;
    }

    // ---- the VMM's side -----------------------------------------------------------------------------------------

    /** KVM_REINJECT_CONTROL. Without it, ticks that come while one is under way merge as edges do. */
    public void setReinjection(boolean on) {
        synchronized (lock) {
            if (on == reinjects) {
                return;
            }
            reinjects = on;
            forgetTicks();
            line.listen(on ? this : null);
            listener.reinjectionChanged(on);
        }
    }

    /** Whether ticks that nobody could take yet are made up for, as {@link #setReinjection} last had it. */
    public boolean reinjects() {
        synchronized (lock) {
            return reinjects;
        }
    }

    /** KVM_PIT_FLAGS_HPET_LEGACY: an HPET has taken over the line; channel 0 counts on in silence. */
    public void suppressTicks(boolean on) {
        synchronized (lock) {
            settle();
            suppressed = on;
        }
    }

    /** Ticks that wait for an acknowledgement. */
    public int pendingTicks() {
        synchronized (lock) {
            return pending;
        }
    }

    /** The output of a channel now. */
    public boolean output(int channel) {
        synchronized (lock) {
            settle();
            return channels[channel].output();
        }
    }

    /** Whether the speaker is to follow channel 2. */
    public boolean speakerOn() {
        synchronized (lock) {
            return (systemControl & Pit.SPEAKER) != 0;
        }
    }

    /** Power-on; the VMM's choice of re-injection stays. */
    public void reset() {
        synchronized (lock) {
            settle();
            for (int channel = 0; channel < channels.length; channel++) {
                PitChannel fresh = new PitChannel(channel != 2);
                fresh.advance(PitTicks.at(nanos.getAsLong()));
                channels[channel] = fresh;
            }
            systemControl = 0;
            suppressed = false;
            forgetTicks();
        }
    }

    /** All state, settled as of the last access; times are absolute ticks. */
    public PitState save() {
        synchronized (lock) {
            return new PitState(
                    PitState.CURRENT_VERSION,
                    List.of(channels[0].save(), channels[1].save(), channels[2].save()),
                    systemControl,
                    reinjects,
                    suppressed,
                    pending,
                    awaitsAcknowledgement);
        }
    }

    /** Takes all over; whether somebody listens to the line follows re-injection. */
    public void restore(PitState state) {
        synchronized (lock) {
            setReinjection(state.reinjects());
            for (int channel = 0; channel < channels.length; channel++) {
                channels[channel].restore(state.channels().get(channel));
            }
            systemControl = state.systemControl();
            suppressed = state.suppressed();
            pending = state.pending();
            awaitsAcknowledgement = state.awaitsAcknowledgement();
        }
    }
}
