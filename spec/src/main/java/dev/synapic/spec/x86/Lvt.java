// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** View of an entry of the local vector table (SDM vol. 3A, figure 12-8). */
public record Lvt(int bits) {
    public static final int VECTOR = 0xFF;
    public static final int DELIVERY_MODE = 7 << 8;
    /** Read-only. */
    public static final int DELIVERY_STATUS = 1 << 12;

    public static final int ACTIVE_LOW = 1 << 13;
    /** LINT0/1 only; read-only. */
    public static final int REMOTE_IRR = 1 << 14;

    public static final int LEVEL_TRIGGERED = 1 << 15;
    public static final int MASKED = 1 << 16;
    public static final int TIMER_MODE = 3 << 17;
    public static final int TIMER_TSC_DEADLINE = 1 << 18;

    /** Bits 7:0; the processor takes 16 to 255 only. */
    public int vector() {
        return bits & VECTOR;
    }

    /** Bits 10:8, which the timer and error entries do not have: they are fixed. */
    public DeliveryMode deliveryMode() {
        return DeliveryMode.of(bits);
    }

    /** Bit 15, which LINT0 and LINT1 alone have. */
    public TriggerMode triggerMode() {
        return TriggerMode.of(bits);
    }

    /** Bit 16: what happens at the source is not delivered. */
    public boolean masked() {
        return (bits & MASKED) != 0;
    }

    /** Bits 18:17, which the timer's entry alone has. */
    public ApicTimerMode timerMode() {
        return ApicTimerMode.of(bits);
    }
}
