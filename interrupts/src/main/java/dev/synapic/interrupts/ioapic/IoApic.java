// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.EoiListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.spec.x86.ApicError;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.Msi;
import dev.synapic.spec.x86.RedirectionEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.LongSupplier;

/**
 * An I/O APIC: turns the levels of 24 pins into messages.
 *
 * <ul>
 *   <li>Models: the register window, versions 0x11 and 0x20, edge and level triggering with remote-IRR, several sources
 *       per line, EOI by message and by register, 15-bit destinations, KVM's brake for a line that nobody lowers and its
 *       tracking of the RTC's pin.
 *   <li>Spec: 82093AA data sheet; EOI register: ICH data sheets; docs, semantics-chips.
 *   <li>Not modelled: polarity (a line is asserted or not), delivery status (reads 0: delivery takes no time),
 *       relocation, arbitration. ExtINT messages are sent, and no local APIC takes them.
 *   <li>Threading: any thread. A lock guards the state; it is held while a message is sent and while the listener
 *       watches, never while {@link IoApicPins} is called.
 * </ul>
 */
public final class IoApic implements EoiListener {
    public static final int PINS = 24;
    /** Nothing was sent, and nothing sent before stands for it: masked, or nobody accepted. */
    public static final int IGNORED = -1;
    /** Nothing was sent since the last one still is on its way or in service; also: the line was lowered. */
    public static final int COALESCED = 0;

    private static final int RTC_PIN = 8;
    private static final int STORM_EOIS = 10_000;
    private static final long STORM_DELAY_NANOS = 10_000_000;
    private static final long NEVER = Long.MAX_VALUE;

    private static final long WRITABLE_LOW = RedirectionEntry.VECTOR
            | RedirectionEntry.DELIVERY_MODE
            | RedirectionEntry.LOGICAL
            | RedirectionEntry.ACTIVE_LOW
            | RedirectionEntry.LEVEL_TRIGGERED
            | RedirectionEntry.MASKED;
    private static final long LOW_HALF = 0xFFFF_FFFFL;
    private static final int DATA_BITS =
            (int) (RedirectionEntry.VECTOR | RedirectionEntry.DELIVERY_MODE | RedirectionEntry.LEVEL_TRIGGERED);

    private final IoApicModel model;
    private final MsiPort messages;
    private final LongSupplier nanos;
    private final IoApicPins pins;
    private final IoApicListener listener;
    private final Object lock = new Object();

    private final long[] entries = new long[PINS];
    private final long[] sources = new long[PINS];
    private final int[] successiveEois = new int[PINS];
    /** Per vector the pins whose entry has it; computed from entries, so that most EOIs need no lock. */
    private final AtomicIntegerArray pinsOfVector = new AtomicIntegerArray(256);

    private int select;
    private int id;
    private int delayedPins;
    private long resumeNanos = NEVER;
    private int rtcPending;

    /** nanos is the time in which the brake works. */
    public IoApic(IoApicModel model, MsiPort messages, LongSupplier nanos, IoApicPins pins, IoApicListener listener) {
        this.model = model;
        this.messages = messages;
        this.nanos = nanos;
        this.pins = pins;
        this.listener = listener;
        reset();
    }

    // ---- the guest's side -------------------------------------------------------------------------------------------

    /** Reads size bytes at an offset of the window. */
    public long read(int offset, int size) {
        synchronized (lock) {
            int value = switch (offset) {
                case IoApicRegister.SELECT -> select;
                case IoApicRegister.WINDOW -> readIndirect();
                default -> 0;
            };
            return size >= 4 ? Integer.toUnsignedLong(value) : value & (1L << 8 * size) - 1;
        }
    }

    /** Writes size bytes at an offset of the window. IOREGSEL takes any size; what is wider than a register is cut. */
    public void write(int offset, int size, long value) {
        switch (offset) {
            case IoApicRegister.SELECT -> {
                synchronized (lock) {
                    select = (int) value & 0xFF;
                }
            }
            case IoApicRegister.WINDOW -> {
                if (size >= 4) {
                    writeIndirect((int) value);
                }
            }
            case IoApicRegister.EOI -> {
                if (size >= 4 && model.version() == IoApicModel.Version.V20) {
                    end((int) value & 0xFF, true);
                }
            }
            default -> {
                // Nothing is there.
            }
        }
    }

    private int readIndirect() {
        int pin = (select - IoApicRegister.REDIRECTION_TABLE) >> 1;
        if (select >= IoApicRegister.REDIRECTION_TABLE && pin < PINS) {
            return (int) ((select & 1) == 0 ? entries[pin] : entries[pin] >>> 32);
        }
        return switch (select) {
            case IoApicRegister.ID, IoApicRegister.ARBITRATION -> id << 24;
            case IoApicRegister.VERSION -> PINS - 1 << 16 | model.version().number();
            default -> -1;
        };
    }

    private void writeIndirect(int value) {
        int register;
        synchronized (lock) {
            register = select;
            if (register == IoApicRegister.ID) {
                id = value >>> 24 & 0xF;
            }
        }
        int pin = (register - IoApicRegister.REDIRECTION_TABLE) >> 1;
        if (register < IoApicRegister.REDIRECTION_TABLE || pin >= PINS) {
            return;
        }
        if ((register & 1) == 0) {
            writeEntry(pin, Integer.toUnsignedLong(value), WRITABLE_LOW, LOW_HALF);
        } else {
            writeEntry(pin, (long) value << 32, model.destination().writable(), ~LOW_HALF);
        }
    }

    /** The halves are written one after the other: in between, a destination may be the old one or half a new one. */
    private void writeEntry(int pin, long value, long writable, long half) {
        long before;
        long after;
        synchronized (lock) {
            before = entries[pin];
            after = before & ~(half & writable) | value & writable;
            if (!levelTriggered(after)) {
                after &= ~RedirectionEntry.REMOTE_IRR;
            }
            setEntry(pin, after);
            delayedPins &= ~(1 << pin);
            if (pin == RTC_PIN) {
                rtcPending = 0;
            }
            listener.entryWritten(pin, before, after);
        }
        if (((before ^ after) & RedirectionEntry.MASKED) != 0) {
            pins.masked(pin, (after & RedirectionEntry.MASKED) != 0);
        }
        if (waits(pin)) {
            pins.resample(pin);
            synchronized (lock) {
                if (waits(pin)) {
                    send(pin);
                }
            }
        }
    }

    /** Whether a pin's level could be sent now and was not. */
    private boolean waits(int pin) {
        synchronized (lock) {
            long entry = entries[pin];
            boolean blocked = (entry & (RedirectionEntry.MASKED | RedirectionEntry.REMOTE_IRR)) != 0;
            return sources[pin] != 0 && levelTriggered(entry) && !blocked;
        }
    }

    // ---- the devices' side ------------------------------------------------------------------------------------------

    /**
     * A source sets its level of a pin; the line is asserted while any source asserts it.
     *
     * @param sourceId 0 to 63
     * @return how many local APICs accepted, {@link #COALESCED} or {@link #IGNORED}
     */
    public int set(int pin, boolean level, int sourceId) {
        synchronized (lock) {
            boolean wasAsserted = sources[pin] != 0;
            long bit = 1L << sourceId;
            sources[pin] = level ? sources[pin] | bit : sources[pin] & ~bit;
            int result = sources[pin] == 0 ? COALESCED : asserted(pin, wasAsserted);
            listener.lineSet(pin, entries[pin], level, result);
            return result;
        }
    }

    private int asserted(int pin, boolean wasAsserted) {
        if (levelTriggered(entries[pin])) {
            return send(pin);
        }
        // A masked edge is gone: the line has risen, and unmasking does not look back (82093AA, 3.2.4, bit 16).
        boolean awaitsRtc = pin == RTC_PIN && rtcPending > 0;
        return wasAsserted || awaitsRtc ? COALESCED : send(pin);
    }

    private int send(int pin) {
        long entry = entries[pin];
        if ((entry & RedirectionEntry.MASKED) != 0 || reservedMode(entry)) {
            return IGNORED;
        }
        boolean level = levelTriggered(entry);
        if (level && (entry & RedirectionEntry.REMOTE_IRR) != 0) {
            return COALESCED;
        }
        int accepted = messages.sendMsi(messageAddress(entry), messageData(entry));
        if (accepted <= 0) {
            return IGNORED;
        }
        if (level) {
            entries[pin] |= RedirectionEntry.REMOTE_IRR;
        }
        if (pin == RTC_PIN && model.tracksRtc()) {
            rtcPending = accepted;
        }
        return accepted;
    }

    /** The address of an entry's message: the upper 16 bits are its bits 19:4, as the chip's bus cycle has them. */
    public static long messageAddress(long entry) {
        return Msi.ADDRESS_BASE | entry >>> 48 << 4 | ((entry & RedirectionEntry.LOGICAL) != 0 ? Msi.LOGICAL : 0);
    }

    /** The data of an entry's message. */
    public static int messageData(long entry) {
        int trigger = levelTriggered(entry) ? -1 : ~(int) RedirectionEntry.LEVEL_TRIGGERED;
        return (int) entry & DATA_BITS & trigger | Msi.LEVEL_ASSERT;
    }

    /** Modes other than fixed and lowest priority are edges, whatever the entry says: nobody would end their level. */
    private static boolean levelTriggered(long entry) {
        return (entry & RedirectionEntry.LEVEL_TRIGGERED) != 0 && hasVector(entry);
    }

    private static boolean hasVector(long entry) {
        return (entry & 6 << 8) == 0;
    }

    private static boolean reservedMode(long entry) {
        DeliveryMode mode = DeliveryMode.of((int) entry);
        return mode == DeliveryMode.REMOTE_READ || mode == DeliveryMode.STARTUP;
    }

    // ---- the local APICs' side --------------------------------------------------------------------------------------

    /** Of {@link LocalApic#onEoi}. levelTriggered is the local APIC's TMR bit, which decides, not the entry. */
    @Override
    public void eoi(LocalApic apic, int vector, boolean levelTriggered) {
        if (pinsOfVector.get(vector) == 0) {
            return;
        }
        if (levelTriggered && apic.suppressesEoiBroadcast()) {
            // The guest writes the EOI register when its device is done.
            return;
        }
        if (vector == (entry(RTC_PIN) & RedirectionEntry.VECTOR)) {
            synchronized (lock) {
                rtcPending = Math.max(rtcPending - 1, 0);
            }
        }
        end(vector, levelTriggered);
    }

    /**
     * Three rounds over all pins with the vector: tell, clear, send again. One that is sent again before its neighbour
     * is cleared could be taken for the neighbour's.
     */
    private void end(int vector, boolean levelTriggered) {
        for (int rest = pinsOfVector.get(vector); rest != 0; rest &= rest - 1) {
            pins.acknowledged(Integer.numberOfTrailingZeros(rest));
        }
        if (!levelTriggered) {
            return;
        }
        synchronized (lock) {
            clearRemoteIrr(vector);
            sendAgain(vector);
        }
    }

    private void clearRemoteIrr(int vector) {
        for (int rest = pinsOfVector.get(vector); rest != 0; rest &= rest - 1) {
            int pin = Integer.numberOfTrailingZeros(rest);
            if ((entries[pin] & RedirectionEntry.REMOTE_IRR) != 0) {
                entries[pin] &= ~RedirectionEntry.REMOTE_IRR;
                listener.ended(pin, vector);
            }
        }
    }

    private void sendAgain(int vector) {
        for (int rest = pinsOfVector.get(vector); rest != 0; rest &= rest - 1) {
            int pin = Integer.numberOfTrailingZeros(rest);
            if (!waits(pin)) {
                successiveEois[pin] = 0;
            } else if ((delayedPins & 1 << pin) == 0) {
                sendAgainUnlessStorm(pin);
            }
        }
    }

    private void sendAgainUnlessStorm(int pin) {
        if (++successiveEois[pin] < STORM_EOIS) {
            send(pin);
            return;
        }
        successiveEois[pin] = 0;
        delayedPins |= 1 << pin;
        resumeNanos = Math.min(resumeNanos, nanos.getAsLong() + STORM_DELAY_NANOS);
        listener.stormDelayed(pin, entries[pin], resumeNanos);
    }

    /** When {@link #expire} has something to do, or {@link Long#MAX_VALUE}. */
    public long nextDeadlineNanos() {
        synchronized (lock) {
            return resumeNanos;
        }
    }

    /** To be called at or after the deadline: delayed interrupts are sent if their lines are still up. */
    public void expire() {
        synchronized (lock) {
            if (nanos.getAsLong() < resumeNanos) {
                return;
            }
            resumeNanos = NEVER;
            int due = delayedPins;
            delayedPins = 0;
            for (; due != 0; due &= due - 1) {
                int pin = Integer.numberOfTrailingZeros(due);
                if (waits(pin)) {
                    send(pin);
                }
            }
        }
    }

    /**
     * Adds the vectors whose EOI on this APIC the chip must see: those of level-triggered entries and of pins whose
     * acknowledgement is awaited, where the entry reaches the APIC or the APIC still has the vector from before.
     */
    public void collectEoiExits(LocalApic apic, VectorBitmap into) {
        for (int pin = 0; pin < PINS; pin++) {
            long entry = entry(pin);
            int vector = (int) (entry & RedirectionEntry.VECTOR);
            boolean matters =
                    levelTriggered(entry) || pins.awaitsAcknowledgement(pin) || pin == RTC_PIN && model.tracksRtc();
            if (matters
                    && hasVector(entry)
                    && vector >= ApicError.FIRST_LEGAL_VECTOR
                    && (ApicBus.mayReach(apic, messageAddress(entry)) || holds(apic, vector))) {
                into.add(vector);
            }
        }
    }

    private static boolean holds(LocalApic apic, int vector) {
        return apic.irr().contains(vector) || apic.isr().contains(vector);
    }

    // ---- inspection and state ---------------------------------------------------------------------------------------

    /** The entry of a pin, as {@link RedirectionEntry} shows it. */
    public long entry(int pin) {
        synchronized (lock) {
            return entries[pin];
        }
    }

    /** Whether any source asserts the line. */
    public boolean asserted(int pin) {
        synchronized (lock) {
            return sources[pin] != 0;
        }
    }

    /** Power-on. Lines are the devices' and stay as they are. */
    public void reset() {
        synchronized (lock) {
            for (int pin = 0; pin < PINS; pin++) {
                setEntry(pin, RedirectionEntry.MASKED);
            }
            Arrays.fill(successiveEois, 0);
            select = 0;
            id = 0;
            delayedPins = 0;
            resumeNanos = NEVER;
            rtcPending = 0;
        }
    }

    /** All state; the window's select register and the levels of all sources are in it. */
    public IoApicState save() {
        synchronized (lock) {
            List<Long> table = new ArrayList<>(PINS);
            List<Long> lines = new ArrayList<>(PINS);
            List<Integer> eois = new ArrayList<>(PINS);
            for (int pin = 0; pin < PINS; pin++) {
                table.add(entries[pin]);
                lines.add(sources[pin]);
                eois.add(successiveEois[pin]);
            }
            return new IoApicState(
                    IoApicState.CURRENT_VERSION, select, id, table, lines, eois, delayedPins, resumeNanos, rtcPending);
        }
    }

    /** Takes all over and sends nothing: what was sent is in the local APICs' state. */
    public void restore(IoApicState state) {
        synchronized (lock) {
            for (int pin = 0; pin < PINS; pin++) {
                setEntry(pin, state.entries().get(pin));
                sources[pin] = state.sources().get(pin);
                successiveEois[pin] = state.successiveEois().get(pin);
            }
            select = state.select() & 0xFF;
            id = state.id() & 0xF;
            delayedPins = state.delayedPins();
            resumeNanos = state.resumeNanos();
            rtcPending = state.rtcPending();
        }
    }

    private void setEntry(int pin, long entry) {
        int before = (int) (entries[pin] & RedirectionEntry.VECTOR);
        entries[pin] = entry;
        int now = (int) (entry & RedirectionEntry.VECTOR);
        pinsOfVector.set(before, pinsOfVector.get(before) & ~(1 << pin));
        pinsOfVector.set(now, pinsOfVector.get(now) | 1 << pin);
    }
}
