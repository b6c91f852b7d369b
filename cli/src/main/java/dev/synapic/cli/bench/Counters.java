// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.machine.HostClock;
import dev.synapic.machine.Machine;
import dev.synapic.machine.Vcpu;
import dev.synapic.machine.exits.ExitReason;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * A machine's counters at an instant, or what was counted between two.
 *
 * @param sender exits of the sender by reason, by ordinal
 * @param receivers exits of all other virtual CPUs
 * @param sending exits that the sender took to send
 * @param accepted requests that arrived at APICs
 * @param coalesced those that found their IRR bit set
 * @param hostNanos the host's clock
 */
record Counters(List<Long> sender, List<Long> receivers, long sending, long accepted, long coalesced, long hostNanos) {
    private static final ExitReason[] REASONS = ExitReason.values();

    Counters {
        sender = List.copyOf(sender);
        receivers = List.copyOf(receivers);
    }

    /** Reads a machine whose sender is virtual CPU 0. */
    static Counters of(Machine machine, SendingExits sending) {
        long[] receivers = new long[REASONS.length];
        List<Vcpu> vcpus = machine.vcpus();
        for (Vcpu vcpu : vcpus.subList(1, vcpus.size())) {
            long[] counts = vcpu.exitCounters().counts();
            Arrays.setAll(receivers, i -> receivers[i] + counts[i]);
        }
        return new Counters(
                list(vcpus.getFirst().exitCounters().counts()),
                list(receivers),
                sending.count(),
                machine.interrupts().accepted(),
                machine.interrupts().coalesced(),
                HostClock.nanos());
    }

    private static List<Long> list(long[] counts) {
        return Arrays.stream(counts).boxed().toList();
    }

    /**
     * What was counted since a begin mark, when this was read at the end mark. Each mark is an OUT of the sender whose exit is
     * counted before the mark is seen: the begin's is in both, the end's is only in this, and is taken away.
     */
    Counters sinceMark(Counters begin) {
        long[] own = difference(sender, begin.sender);
        own[ExitReason.IO_INSTRUCTION.ordinal()]--;
        return new Counters(
                list(own),
                list(difference(receivers, begin.receivers)),
                sending - begin.sending,
                accepted - begin.accepted,
                coalesced - begin.coalesced,
                hostNanos - begin.hostNanos);
    }

    private static long[] difference(List<Long> end, List<Long> begin) {
        long[] difference = new long[end.size()];
        Arrays.setAll(difference, i -> end.get(i) - begin.get(i));
        return difference;
    }

    long exitsOfReceivers() {
        return receivers.stream().mapToLong(Long::longValue).sum();
    }

    /** Exits of all virtual CPUs that depend on modelled timing, or those that do not. */
    long exits(boolean modelled) {
        long sum = 0;
        for (ExitReason reason : REASONS) {
            sum += reason.modelled() == modelled ? ofReason(reason) : 0;
        }
        return sum;
    }

    /** Exits of all virtual CPUs by reason, without the reasons that did not occur. */
    Map<ExitReason, Long> byReason() {
        Map<ExitReason, Long> counts = new EnumMap<>(ExitReason.class);
        for (ExitReason reason : REASONS) {
            if (ofReason(reason) != 0) {
                counts.put(reason, ofReason(reason));
            }
        }
        return counts;
    }

    private long ofReason(ExitReason reason) {
        return sender.get(reason.ordinal()) + receivers.get(reason.ordinal());
    }
}
