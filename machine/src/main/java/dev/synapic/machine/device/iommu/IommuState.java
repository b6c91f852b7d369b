// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.machine.device.StateVersions;
import java.util.Collections;
import java.util.List;

/**
 * All state of a remapping unit. The tables are in guest memory and nothing of them is cached.
 *
 * @param status GSTS_REG
 * @param rootTable RTADDR_REG as written; what is in use is in memory
 * @param interruptTable IRTA_REG as written; what is in use is in interrupts
 */
public record IommuState(
        int version,
        int status,
        long rootTable,
        long contextCommand,
        long interruptTable,
        long iotlbAddress,
        long iotlbCommand,
        Faults faults,
        Queue queue,
        Interrupts interrupts,
        Memory memory) {
    public static final int CURRENT_VERSION = 1;

    static final IommuState POWER_ON = powerOn();

    public IommuState {
        StateVersions.check("IOMMU", version, CURRENT_VERSION);
    }

    private static IommuState powerOn() {
        Event event = new Event(true, false, 0, 0, 0);
        List<Integer> zeros = Collections.nCopies(FaultLog.RECORDS, 0);
        Faults faults = new Faults(0, 0, 0, zeros, zeros, zeros, zeros, event);
        Queue queue = new Queue(false, 0, 0, 0, false, event);
        Interrupts interrupts = new Interrupts(false, false, 0);
        return new IommuState(CURRENT_VERSION, 0, 0, 0, 0, 0, 0, faults, queue, interrupts, new Memory(false, 0));
    }

    /** Four registers of an event. */
    public record Event(boolean masked, boolean pending, int data, int address, int upperAddress) {}

    /** Fault recording registers, a list for each of their words; sticky are the bits of FSTS_REG that are kept. */
    public record Faults(
            int sticky,
            int next,
            int first,
            List<Integer> info,
            List<Integer> infoHigh,
            List<Integer> source,
            List<Integer> reason,
            Event event) {
        public Faults {
            info = checked(info);
            infoHigh = checked(infoHigh);
            source = checked(source);
            reason = checked(reason);
            if (next < 0 || next >= FaultLog.RECORDS || first < 0 || first >= FaultLog.RECORDS) {
                throw new IllegalArgumentException("fault recording registers %d and %d".formatted(next, first));
            }
        }

        private static List<Integer> checked(List<Integer> words) {
            if (words.size() != FaultLog.RECORDS) {
                throw new IllegalArgumentException("an IOMMU has %d fault recording registers, the state has %d"
                        .formatted(FaultLog.RECORDS, words.size()));
            }
            return List.copyOf(words);
        }
    }

    /** The invalidation queue. */
    public record Queue(boolean enabled, long queue, int head, int tail, boolean waitComplete, Event event) {}

    /** What of the interrupt remapping is in use. */
    public record Interrupts(boolean enabled, boolean compatibilityPasses, long table) {}

    /** What of the DMA remapping is in use. */
    public record Memory(boolean enabled, long rootTable) {}
}
