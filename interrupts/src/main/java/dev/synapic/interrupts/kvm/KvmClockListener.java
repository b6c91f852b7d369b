// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.kvm;

/** Watches kvmclock; for traces. It must not call back. */
@FunctionalInterface
public interface KvmClockListener {
    KvmClockListener NONE = (processor, version, tscTimestamp, flags) -> {};

    /** A processor's structure was written; the values are those in memory now. */
    void updated(int processor, int version, long tscTimestamp, int flags);
}
