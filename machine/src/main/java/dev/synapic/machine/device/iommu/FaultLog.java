// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.spec.x86.VtdRegister;
import java.util.Arrays;

/**
 * Primary fault logging: a ring of fault recording registers, the fault status register and the fault event.
 *
 * <p>Spec: VT-d, 7.2.1 and 7.3 (fault event), 10.4.9 and 10.4.14. Not modelled: the advanced fault log; collapsing of
 * repeated faults of one source.
 */
final class FaultLog {
    /** How many recording registers there are. */
    static final int RECORDS = 8;

    static final int RECORD_BYTES = 16;

    /** FSTS_REG bits that are kept, and cleared by writing ones. */
    private static final int STICKY = VtdRegister.FAULT_OVERFLOW | VtdRegister.QUEUE_ERROR;

    private static final int INFO_MASK = ~0xFFF;

    private final EventMessage event;
    private final int[] info = new int[RECORDS];
    private final int[] infoHigh = new int[RECORDS];
    private final int[] source = new int[RECORDS];
    private final int[] reason = new int[RECORDS];
    private int sticky;
    /** The register for the next fault, and the one that held the first of those pending (FRI). */
    private int next;

    private int first;

    FaultLog(MsiPort messages) {
        event = new EventMessage(messages);
    }

    EventMessage event() {
        return event;
    }

    /** A memory access was refused; address is the device's. */
    void recordAccess(int faultReason, int sourceId, long address, boolean write) {
        record(faultReason | (write ? 0 : VtdRegister.FAULT_READ), sourceId, address);
    }

    /** An interrupt was refused; index is 0 where the message has none. */
    void recordInterrupt(int faultReason, int sourceId, int index) {
        record(faultReason, sourceId, (long) index << 48);
    }

    private void record(int lastWord, int sourceId, long faultInfo) {
        boolean quiet = status() == 0;
        if ((sticky & VtdRegister.FAULT_OVERFLOW) != 0) {
            return;
        }
        if (reason[next] < 0) {
            sticky |= VtdRegister.FAULT_OVERFLOW;
        } else {
            if (!pending()) {
                first = next;
            }
            info[next] = (int) faultInfo & INFO_MASK;
            infoHigh[next] = (int) (faultInfo >>> 32);
            source[next] = sourceId;
            reason[next] = VtdRegister.FAULT | lastWord;
            next = (next + 1) % RECORDS;
        }
        tell(quiet);
    }

    /** The invalidation queue stopped. */
    void queueError() {
        boolean quiet = status() == 0;
        sticky |= VtdRegister.QUEUE_ERROR;
        tell(quiet);
    }

    boolean hasQueueError() {
        return (sticky & VtdRegister.QUEUE_ERROR) != 0;
    }

    /** Another condition while one is pending is no new event. */
    private void tell(boolean quiet) {
        if (quiet) {
            event.raise();
        }
    }

    private boolean pending() {
        for (int word : reason) {
            if (word < 0) {
                return true;
            }
        }
        return false;
    }

    /** FSTS_REG without the index. */
    private int status() {
        return sticky | (pending() ? VtdRegister.FAULT_PENDING : 0);
    }

    int readStatus() {
        return status() | first << VtdRegister.FAULT_INDEX_SHIFT;
    }

    void writeStatus(int value) {
        sticky &= ~(value & STICKY);
        cleared();
    }

    /** offset is from the first recording register. */
    int readRecord(int offset) {
        int number = offset / RECORD_BYTES;
        return switch (offset % RECORD_BYTES) {
            case 0 -> info[number];
            case 4 -> infoHigh[number];
            case 8 -> source[number];
            default -> reason[number];
        };
    }

    /** F is cleared by writing one; nothing else can be written. */
    void writeRecord(int offset, int value) {
        if (offset % RECORD_BYTES == RECORD_BYTES - 4) {
            reason[offset / RECORD_BYTES] &= ~(value & VtdRegister.FAULT);
            cleared();
        }
    }

    private void cleared() {
        if (status() == 0) {
            event.withdraw();
        }
    }

    IommuState.Faults save() {
        return new IommuState.Faults(
                sticky,
                next,
                first,
                Arrays.stream(info).boxed().toList(),
                Arrays.stream(infoHigh).boxed().toList(),
                Arrays.stream(source).boxed().toList(),
                Arrays.stream(reason).boxed().toList(),
                event.save());
    }

    void restore(IommuState.Faults state) {
        sticky = state.sticky();
        next = state.next();
        first = state.first();
        for (int i = 0; i < RECORDS; i++) {
            info[i] = state.info().get(i);
            infoHigh[i] = state.infoHigh().get(i);
            source[i] = state.source().get(i);
            reason[i] = state.reason().get(i);
        }
        event.restore(state.event());
    }
}
