// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import dev.synapic.machine.exits.ExitReason;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One scenario of one machine: what the guest measured by its own clock, and what was counted meanwhile. */
public final class IpiBenchRow {
    private static final double NANOSECOND_KHZ = 1e6;

    private final Cell cell;
    private final GuestLine.Row guest;
    private final Counters counted;
    private final long tscKhz;
    private final Published.@Nullable Time published;
    private final boolean calibrated;

    IpiBenchRow(Cell cell, GuestLine.Row guest, Counters counted, IpiBenchPlan plan) {
        this.cell = cell;
        this.guest = guest;
        this.counted = counted;
        this.tscKhz = plan.profile().tscKhz();
        this.published = Published.of(cell, guest.scenario(), plan.vcpus());
        this.calibrated = Published.calibrates(
                cell, guest.scenario(), plan.vcpus(), plan.profile().name());
    }

    public Cell cell() {
        return cell;
    }

    public Scenario scenario() {
        return guest.scenario();
    }

    public int targets() {
        return guest.targets();
    }

    public long operations() {
        return guest.operations();
    }

    /** ICR writes or hypercalls per operation, as the guest counted them. */
    public long sendsPerOperation() {
        return guest.sends();
    }

    /** Exits that the sender took to send. */
    public double senderExitsPerOperation() {
        return perOperation(counted.sending());
    }

    /** All exits of all other virtual CPUs. */
    public double receiverExitsPerOperation() {
        return perOperation(counted.exitsOfReceivers());
    }

    /** Exits of all virtual CPUs in the whole measured interval that follow from the guest's code alone. */
    public long exactExits() {
        return counted.exits(false);
    }

    /** Exits of all virtual CPUs in the whole measured interval that depend on modelled timing. */
    public long modelledExits() {
        return counted.exits(true);
    }

    public Map<ExitReason, Long> exitsByReason() {
        return counted.byReason();
    }

    public double acceptedPerOperation() {
        return perOperation(counted.accepted());
    }

    public double coalescedPerOperation() {
        return perOperation(counted.coalesced());
    }

    /** The whole loop, in nanoseconds of the guest's clock. */
    public double modelledNsPerOperation() {
        return perOperation(guest.totalTicks()) * NANOSECOND_KHZ / tscKhz;
    }

    /** One-way delivery, in nanoseconds of the guest's clock; 0 where the scenario does not measure it. */
    public double deliveryNsPerOperation() {
        return perOperation(guest.deliveryTicks()) * NANOSECOND_KHZ / tscKhz;
    }

    public double hostNsPerOperation() {
        return perOperation(counted.hostNanos());
    }

    public Published.@Nullable Time published() {
        return published;
    }

    /** Modelled time by published time; null where nothing was published. */
    public @Nullable Double ratio() {
        return published == null ? null : modelledNsPerOperation() / published.totalNsPerOperation();
    }

    public boolean calibrated() {
        return calibrated;
    }

    private double perOperation(long count) {
        return (double) count / guest.operations();
    }
}
