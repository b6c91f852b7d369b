// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvStimerConfig;
import dev.synapic.spec.hyperv.HvTimerMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One synthetic timer; what it models stands at {@link SyntheticTimers}. Owner only.
 *
 * <p>A timer has one buffer for the signal of an expiry (TLFS, "Message Sources": a dedicated message buffer each).
 * While the signal is owed, because the slot is taken, the SynIC is off or the APIC takes nothing, further expirations
 * of a periodic timer add nothing to it.
 */
final class SyntheticTimer {
    private static final long NEVER = Long.MAX_VALUE;
    private static final long LAST_TIME = -1;
    private static final long UNKNOWN = -1;

    private final int index;
    private final SynIc synIc;
    private final ReferenceClock clock;

    private long config;
    private long count;
    private boolean running;
    /** When it expires next, in reference time; unsigned. */
    private long expiry;
    /** The same as an instant of the APIC's clock; computed when expiry or the clock's epoch changes, or UNKNOWN. */
    private long expiryNanos;

    private int epoch;

    private boolean owed;
    /** When the signal that is owed was due. */
    private long owedExpiry;

    SyntheticTimer(int index, SynIc synIc, ReferenceClock clock) {
        this.index = index;
        this.synIc = synIc;
        this.clock = clock;
    }

    long config() {
        return config;
    }

    long count() {
        return count;
    }

    // ---- registers --------------------------------------------------------------------------------------------------

    void writeConfig(long value) {
        cancel();
        config = allowed(value);
        start();
    }

    /** Zero disables; anything else enables a timer that is set to be enabled so. */
    void writeCount(long value) {
        cancel();
        count = value;
        if (value == 0) {
            config &= ~HvStimerConfig.ENABLED;
        } else if (has(HvStimerConfig.AUTO_ENABLE)) {
            config = allowed(config | HvStimerConfig.ENABLED);
        }
        start();
    }

    /** The host's write says what the count is, not that the timer shall run. */
    void hostWriteCount(long value) {
        cancel();
        count = value;
        start();
    }

    /** A timer that sends messages cannot be enabled for SINT 0. */
    private static long allowed(long value) {
        boolean may = (value & HvStimerConfig.DIRECT) != 0 || sint(value) != 0;
        return may ? value : value & ~HvStimerConfig.ENABLED;
    }

    /** Any write of a register takes back what the timer was about to do. */
    private void cancel() {
        running = false;
        forgetSignal();
    }

    private void forgetSignal() {
        owed = false;
        synIc.stopWaiting(sint(), index);
    }

    private void start() {
        if (has(HvStimerConfig.ENABLED) && count != 0) {
            running = true;
            setExpiry(has(HvStimerConfig.PERIODIC) ? later(clock.now(), count) : count);
            settle();
        }
    }

    /** The sum, or the last time there is: it must not wrap to a time that is over. */
    private static long later(long time, long by) {
        long sum = time + by;
        return Long.compareUnsigned(sum, time) < 0 ? LAST_TIME : sum;
    }

    private void setExpiry(long time) {
        expiry = time;
        computeExpiryNanos();
    }

    private void computeExpiryNanos() {
        epoch = clock.epoch();
        expiryNanos = clock.nanosAt(expiry);
    }

    // ---- time -------------------------------------------------------------------------------------------------------

    /** When {@link #settle} next has something to do. */
    long deadlineNanos() {
        if (owed && isDirect() && takesInterrupts()) {
            return 0;
        }
        if (running && (expiryNanos == UNKNOWN || epoch != clock.epoch())) {
            computeExpiryNanos();
        }
        return running ? expiryNanos : NEVER;
    }

    /** Lets what is due happen. */
    void settle() {
        if (running) {
            long now = clock.now();
            if (Long.compareUnsigned(now, expiry) >= 0) {
                expire(now);
                return;
            }
            // The clock's rate may have been restated since; the deadline must not stand still in the past.
            computeExpiryNanos();
        }
        if (owed && isDirect()) {
            deliver();
        }
    }

    private void expire(long now) {
        if (!owed) {
            owed = true;
            owedExpiry = expiry;
        }
        if (has(HvStimerConfig.PERIODIC)) {
            long late = now - expiry;
            setExpiry(later(now, count - Long.remainderUnsigned(late, count)));
        } else {
            running = false;
        }
        deliver();
    }

    // ---- the signal -------------------------------------------------------------------------------------------------

    /** The slot of a SINT may be free, or its page has come back. */
    void slotMayBeFree(int sint) {
        if (owed && !isDirect() && sint() == sint) {
            deliver();
        }
    }

    private void deliver() {
        boolean delivered = isDirect() ? assertVector() : postMessage();
        if (delivered) {
            owed = false;
            if (!running) {
                config &= ~HvStimerConfig.ENABLED;
            }
        }
    }

    /** A disabled APIC gets it once it is enabled; an illegal vector is refused for good, as from anybody else. */
    private boolean assertVector() {
        if (!takesInterrupts()) {
            return false;
        }
        synIc.deliver(ApicRequest.fixed((int) (config >>> HvStimerConfig.VECTOR_SHIFT) & 0xFF));
        return true;
    }

    private boolean postMessage() {
        return synIc.postMessage(sint(), message(), index) == MessageSlot.Post.POSTED;
    }

    private SynIcMessage message() {
        byte[] payload = new byte[HvTimerMessage.SIZE];
        ByteBuffer.wrap(payload)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(HvTimerMessage.TIMER_INDEX_OFFSET, index)
                .putLong(HvTimerMessage.EXPIRATION_TIME_OFFSET, owedExpiry)
                .putLong(HvTimerMessage.DELIVERY_TIME_OFFSET, clock.reading());
        return new SynIcMessage(HvMessage.TYPE_TIMER_EXPIRED, 0, payload);
    }

    /** Bits, not the register's record: an expiry makes no objects. */
    private boolean has(long bit) {
        return (config & bit) != 0;
    }

    private int sint() {
        return sint(config);
    }

    private static int sint(long config) {
        return (int) (config >>> HvStimerConfig.SINT_SHIFT) & 0xF;
    }

    private boolean isDirect() {
        return has(HvStimerConfig.DIRECT);
    }

    private boolean takesInterrupts() {
        return synIc.apic().softwareEnabled();
    }

    // ---- state ------------------------------------------------------------------------------------------------------

    void reset() {
        cancel();
        config = 0;
        count = 0;
    }

    SyntheticTimersState.Timer save() {
        return new SyntheticTimersState.Timer(
                config, count, running, running ? expiry : 0, owed, owed ? owedExpiry : 0);
    }

    /**
     * Takes all over and lets nothing happen: what is due happens when the machine runs. The clock is asked later only:
     * the reference time may be restored after its timers.
     */
    void restore(SyntheticTimersState.Timer state) {
        config = state.config();
        count = state.count();
        running = state.running();
        owed = state.owed();
        owedExpiry = state.owedExpiry();
        expiry = state.expiry();
        expiryNanos = UNKNOWN;
    }
}
