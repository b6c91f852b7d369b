// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.oracle;

import dev.synapic.interrupts.FabricState;
import java.util.List;

/**
 * All state of a driven fabric but guest memory, eventfds and irqfds.
 *
 * @param nanos virtual time
 * @param tscOffsets what the guest has added to each processor's TSC
 * @param deferredAcksAt when acknowledgements go on that were cut off, or {@link Long#MAX_VALUE}
 * @param ports SINTs that have ports of the VMM, in the order of the fabric's message queues
 */
record OracleState(
        int version,
        long nanos,
        List<Long> tscOffsets,
        long deferredAcksAt,
        List<SintPorts.Place> ports,
        FabricState fabric) {
    static final int CURRENT_VERSION = 1;

    OracleState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "oracle state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        if (nanos < 0 || nanos > FabricTime.LAST_NANOS || deferredAcksAt < 0) {
            throw new IllegalArgumentException(
                    "times of the state are negative or too late: " + nanos + ", " + deferredAcksAt);
        }
        tscOffsets = List.copyOf(tscOffsets);
        ports = List.copyOf(ports);
    }

    static OracleState of(DrivenFabric fabric) {
        FabricTime time = fabric.time();
        return new OracleState(
                CURRENT_VERSION,
                time.nanos(),
                fabric.processors().stream()
                        .map(processor -> time.tscOffset(processor.index()))
                        .toList(),
                fabric.deferredAcksAt(),
                fabric.ports().places(),
                fabric.fabric().save());
    }

    /** Restores all or nothing. Throws IllegalArgumentException for the state of another fabric, or of none. */
    void restoreInto(DrivenFabric fabric) {
        if (tscOffsets.size() != fabric.processors().size()) {
            throw new IllegalArgumentException("the state has TSC offsets of " + tscOffsets.size()
                    + " processors, this fabric has " + fabric.processors().size());
        }
        for (SintPorts.Place place : ports) {
            if (place.vp() < 0 || place.vp() >= tscOffsets.size() || place.sint() < 0 || place.sint() > 15) {
                throw new IllegalArgumentException("the state has a port of a SINT that is not there: " + place);
            }
        }
        OracleState before = of(fabric);
        fabric.log().mute(true);
        try {
            carryOver(fabric);
        } catch (IllegalArgumentException refused) {
            before.carryOver(fabric);
            throw refused;
        } finally {
            fabric.log().mute(false);
        }
    }

    private void carryOver(DrivenFabric fabric) {
        FabricTime time = fabric.time();
        fabric.ports().reopen(ports);
        time.set(nanos);
        for (int i = 0; i < tscOffsets.size(); i++) {
            time.setTscOffset(i, tscOffsets.get(i));
        }
        fabric.setDeferredAcksAt(deferredAcksAt);
        fabric.mayEndLazily();
        fabric.fabric().restore(this.fabric);
    }
}
