// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.trace.Trace;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.machine.trace.TraceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Keeps every event of a run, in the order in which the machine carried them out. */
final class RecordedTrace implements TraceSink {
    /** An event; vcpu is -1 for a device's. */
    record Event(TraceEvent kind, int vcpu, long ps, long a, long b) {}

    private final List<Event> events = new ArrayList<>();

    @Override
    public void event(TraceEvent event, int vcpu, long ps, long a, long b) {
        events.add(new Event(event, vcpu, ps, a, b));
    }

    List<Event> events() {
        return events;
    }

    List<Event> events(TraceEvent kind) {
        return events.stream().filter(event -> event.kind() == kind).toList();
    }

    long count(TraceEvent kind) {
        return events.stream().filter(event -> event.kind() == kind).count();
    }

    long count(Predicate<Event> wanted) {
        return events.stream().filter(wanted).count();
    }

    /** The hash that a trace of these events has. */
    long hash() {
        Trace trace = new Trace(TraceSink.NONE);
        for (Event event : events) {
            trace.record(event.kind(), event.vcpu(), event.ps(), event.a(), event.b());
        }
        return trace.hash();
    }
}
