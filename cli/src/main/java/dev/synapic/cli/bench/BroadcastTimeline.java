// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.machine.exits.ExitReason;
import java.util.List;

/**
 * What happened on each virtual CPU during one broadcast.
 *
 * @param startPs virtual time at which the sender began to send
 * @param endPs virtual time of the last event that belongs to this broadcast
 * @param nextPs virtual time at which the next broadcast began; nothing is known from there on
 * @param lanes one per virtual CPU that took part, the sender first
 */
public record BroadcastTimeline(Cell cell, long startPs, long endPs, long nextPs, List<Lane> lanes) {
    public BroadcastTimeline {
        lanes = List.copyOf(lanes);
    }

    /** Events of one virtual CPU in the order of time. */
    public record Lane(int vcpu, List<Outside> outside, List<Instant> instants) {
        public Lane {
            outside = List.copyOf(outside);
            instants = List.copyOf(instants);
        }
    }

    /** A time outside the guest: from an exit to the next entry. */
    public record Outside(ExitReason reason, long detail, long fromPs, long toPs) {}

    /** What happens at an instant. */
    public enum Kind {
        /** The request sets its IRR bit. */
        ACCEPTED,
        /** The processor takes the vector: its handler begins. */
        TAKEN,
        EOI
    }

    public record Instant(Kind kind, long ps) {}

    public long durationPs() {
        return endPs - startPs;
    }
}
