// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.trace;

/** Receives trace events in the order in which the machine carried them out. */
@FunctionalInterface
public interface TraceSink {
    TraceSink NONE = (event, vcpu, ps, a, b) -> {};

    /** vcpu is -1 for events that belong to none; ps is virtual time; a and b are the event's arguments. */
    void event(TraceEvent event, int vcpu, long ps, long a, long b);
}
