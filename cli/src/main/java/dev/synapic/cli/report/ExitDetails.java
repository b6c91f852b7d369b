// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.report;

import dev.synapic.machine.exits.ExitReason;
import dev.synapic.machine.trace.TraceEvent;
import dev.synapic.machine.trace.TraceSink;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Counts exits by what they were about, for the table's last column. Bounded; allocates only for what it has not seen. */
public final class ExitDetails implements TraceSink {
    private static final ExitReason[] REASONS = ExitReason.values();
    private static final int MOST_PER_REASON = 64;
    private static final int MOST_NAMED = 3;

    private final List<List<Detail>> seen = new ArrayList<>();

    public ExitDetails() {
        for (int i = 0; i < REASONS.length; i++) {
            seen.add(new ArrayList<>());
        }
    }

    private static final class Detail {
        private final String name;
        private final long value;
        private long count;

        Detail(String name, long value) {
            this.name = name;
            this.value = value;
        }

        long count() {
            return count;
        }
    }

    @Override
    public void event(TraceEvent event, int vcpu, long ps, long a, long b) {
        if (event == TraceEvent.KVM_EXIT) {
            count(REASONS[(int) a], b);
        }
    }

    private void count(ExitReason reason, long value) {
        List<Detail> details = seen.get(reason.ordinal());
        for (Detail detail : details) {
            if (detail.value == value) {
                detail.count++;
                return;
            }
        }
        String name = details.size() < MOST_PER_REASON ? ExitNames.detail(reason, value) : "";
        if (!name.isEmpty()) {
            Detail detail = new Detail(name, value);
            detail.count = 1;
            details.add(detail);
        }
    }

    /** What most exits of a reason were about: "ICR x790, EOI x12"; in words where nothing was counted. */
    public String describe(ExitReason reason) {
        List<Detail> details = new ArrayList<>(seen.get(reason.ordinal()));
        if (details.isEmpty()) {
            return ExitNames.meaning(reason);
        }
        details.sort(Comparator.comparingLong(Detail::count).reversed());
        List<String> words = details.stream()
                .limit(MOST_NAMED)
                .map(detail -> detail.name + " x" + detail.count)
                .toList();
        return String.join(", ", words) + (details.size() > MOST_NAMED ? ", ..." : "");
    }
}
