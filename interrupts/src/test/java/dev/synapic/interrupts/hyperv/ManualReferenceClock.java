// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/** A reference clock that stands where the test puts it; a nanosecond of the APIC's clock is a hundredth of its unit. */
public final class ManualReferenceClock implements ReferenceClock {
    public long now;
    /** How far ahead of this processor's clock other processors have been shown the time. */
    public long ahead;

    @Override
    public long now() {
        return now;
    }

    @Override
    public long reading() {
        return now + ahead;
    }

    @Override
    public long nanosAt(long time) {
        return time < 0 || time > Long.MAX_VALUE / 100 ? Long.MAX_VALUE : time * 100;
    }
}
