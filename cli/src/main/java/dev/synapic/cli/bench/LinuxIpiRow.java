// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.LinuxIpiPlan.Cell;
import dev.synapic.machine.exits.ExitReason;
import java.util.Map;

/** One row of one machine: what Linux measured and counted, and what was counted around it meanwhile. */
public final class LinuxIpiRow {
    private final Cell cell;
    private final Guest guest;
    private final Counted counted;

    LinuxIpiRow(Cell cell, Guest guest, Counted counted) {
        this.cell = cell;
        this.guest = guest;
        this.counted = counted;
    }

    /** What the guest printed; called is its own count of function call interrupts that all CPUs took. */
    record Guest(LinuxScenario scenario, int targets, long operations, long deliveryNs, long totalNs, long called) {}

    /** What happened between the row's marks. */
    record Counted(Counters counters, LinuxSends.Counts sends) {
        Counted sinceMark(Counted begin) {
            return new Counted(counters.sinceMark(begin.counters), sends.since(begin.sends));
        }
    }

    public Cell cell() {
        return cell;
    }

    public LinuxScenario scenario() {
        return guest.scenario();
    }

    public int targets() {
        return guest.targets();
    }

    public long operations() {
        return guest.operations();
    }

    /** The sender's exits by writes of the ICR for this row's calls. */
    public double icrWritesPerOperation() {
        return perOperation(icrWrites());
    }

    /** The kernel has a vector of its own for a call to one CPU, and takes it also for a mask of one. */
    private long icrWrites() {
        return guest.targets() == 1
                ? counted.sends().icrToOne()
                : counted.sends().icrToMany();
    }

    /** The sender's exits by hypercalls for this row's calls. */
    public double hypercallsPerOperation() {
        return perOperation(hypercalls());
    }

    private long hypercalls() {
        return guest.targets() == 1
                ? counted.sends().callsToOne()
                : counted.sends().callsToMany();
    }

    /** Exits that the sender takes to send for this row's calls. */
    public double senderExitsPerOperation() {
        return perOperation(icrWrites() + hypercalls());
    }

    /** The sender's exits by other sends, which the kernel had other reasons for. */
    public double otherSendsPerOperation() {
        return perOperation(counted.sends().all() - icrWrites() - hypercalls());
    }

    /** All exits of all other virtual CPUs. */
    public double receiverExitsPerOperation() {
        return perOperation(counted.counters().exitsOfReceivers());
    }

    /** Function call interrupts by Linux's own count. */
    public double calledPerOperation() {
        return perOperation(guest.called());
    }

    /** Interrupt requests of all kinds that arrived at APICs. */
    public double acceptedPerOperation() {
        return perOperation(counted.counters().accepted());
    }

    public Map<ExitReason, Long> exitsByReason() {
        return counted.counters().byReason();
    }

    /** The whole loop, in nanoseconds of the guest's clock. */
    public double modelledNsPerOperation() {
        return perOperation(guest.totalNs());
    }

    /** One-way delivery, in nanoseconds of the guest's clock; 0 where the row does not measure it. */
    public double deliveryNsPerOperation() {
        return perOperation(guest.deliveryNs());
    }

    public double hostNsPerOperation() {
        return perOperation(counted.counters().hostNanos());
    }

    private double perOperation(long count) {
        return (double) count / guest.operations();
    }
}
