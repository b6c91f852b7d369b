// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

/** A device that has something to do at times that only it knows, in nanoseconds of virtual time since power-on. */
public interface TimedDevice {
    /** When it wants {@link #expire} to be called next, or Long.MAX_VALUE. */
    long nextDeadlineNanos();

    /** Called at or behind its deadline. */
    void expire();
}
