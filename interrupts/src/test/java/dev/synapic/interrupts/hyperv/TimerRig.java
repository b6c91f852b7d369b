// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_SINT0;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_STIMER0_CONFIG;
import static dev.synapic.spec.hyperv.HvMsr.HV_X64_MSR_STIMER0_COUNT;
import static dev.synapic.spec.hyperv.HvStimerConfig.DIRECT;
import static dev.synapic.spec.hyperv.HvStimerConfig.ENABLED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.x86.GeneralProtectionFault;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** One processor with its SynIC and synthetic timers, and the guest that uses them. */
abstract class TimerRig {
    static final int SINT = 2;
    static final int VECTOR = 0x51;
    static final int DIRECT_VECTOR = 0xF3;
    static final long TO_SINT = (long) SINT << 16;
    static final long TO_VECTOR = DIRECT | DIRECT_VECTOR << 4;
    static final long SLOT = VirtualProcessors.SIMP_PAGE + SINT * 256;
    static final long NEVER = Long.MAX_VALUE;
    static final int SVR = 0xF0;

    final RecordedSynIcEvents events = new RecordedSynIcEvents();
    final VirtualProcessors vps = new VirtualProcessors(1, events);
    final SynIc synIc = vps.synIc(0);
    final ManualReferenceClock clock = new ManualReferenceClock();
    final SyntheticTimers timers = new SyntheticTimers(synIc, clock);

    void run() {
        vps.running(SynIc.Activation.SYNIC);
        synIc.write(HV_X64_MSR_SINT0 + SINT, VECTOR);
        clock.now = 1_000;
    }

    static void generalProtection(ThrowingCallable access) {
        assertThatThrownBy(access).isSameAs(GeneralProtectionFault.generalProtection());
    }

    void config(int timer, long value) {
        timers.write(HV_X64_MSR_STIMER0_CONFIG + 2 * timer, value);
    }

    void count(int timer, long value) {
        timers.write(HV_X64_MSR_STIMER0_COUNT + 2 * timer, value);
    }

    long config(int timer) {
        return timers.read(HV_X64_MSR_STIMER0_CONFIG + 2 * timer);
    }

    boolean enabled(int timer) {
        return (config(timer) & ENABLED) != 0;
    }

    /** The owner's part: time goes on, and what is due by then happens at its deadline. */
    void pass(long until) {
        while (timers.nextDeadlineNanos() <= until * 100) {
            clock.now = Math.max(clock.now, timers.nextDeadlineNanos() / 100);
            timers.expire();
        }
        clock.now = until;
    }

    /** The guest empties the slot; returns the message's timer, or -1 where there is none. */
    int takeMessage() {
        int type = vps.memory.getInt(SLOT);
        if (type == HvMessage.TYPE_NONE) {
            return -1;
        }
        assertThat(type).isEqualTo(HvMessage.TYPE_TIMER_EXPIRED);
        assertThat(vps.memory.getByte(SLOT + 4)).isEqualTo((byte) 24);
        vps.memory.putInt(SLOT, HvMessage.TYPE_NONE);
        return vps.memory.getInt(SLOT + 16);
    }

    long expirationTime() {
        return vps.memory.getLong(SLOT + 24);
    }

    long deliveryTime() {
        return vps.memory.getLong(SLOT + 32);
    }

    boolean pendingFlag() {
        return (vps.memory.getByte(SLOT + 5) & 1) != 0;
    }

    int take() {
        return vps.take(0);
    }

    void occupySlot() {
        vps.memory.putInt(SLOT, HvMessage.TYPE_CHANNEL);
    }

    void freeSlot() {
        vps.memory.putInt(SLOT, HvMessage.TYPE_NONE);
    }
}
