// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

/** Virtual time as the bus and its devices know it. Actions run on the machine's thread. */
public interface VmbusClock {
    /** A timer calls its action once. */
    interface Timer {
        /** The new time, instead of an earlier one. */
        void set(long nanos);

        void cancel();
    }

    /** Since power-on. */
    long nowNanos();

    Timer timer(Runnable action);
}
