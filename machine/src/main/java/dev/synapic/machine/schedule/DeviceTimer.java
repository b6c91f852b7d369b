// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.schedule;

/** Calls its device once, at a time that may change until then. */
public interface DeviceTimer {
    /** The new time, instead of an earlier one; a time that is past comes at once, {@link VirtualTime#NEVER} not at all. */
    void set(long ps);
}
