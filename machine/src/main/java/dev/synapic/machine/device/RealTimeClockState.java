// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import java.util.ArrayList;
import java.util.List;

/**
 * All state of a real-time clock. Times are absolute, of the clock that the machine goes on with.
 *
 * @param flags bits 6:4 of register C
 * @param basePs where a second began; the calendar then read secondsAtBase
 * @param heldSeconds what the calendar shows while SET holds it
 * @param memory all 128 bytes; of the first 14 only the alarms count
 */
public record RealTimeClockState(
        int version,
        int index,
        int registerA,
        int registerB,
        int flags,
        boolean lineBlocked,
        long basePs,
        long secondsAtBase,
        long settledSeconds,
        long settledPeriods,
        long heldSeconds,
        List<Integer> memory) {
    public static final int CURRENT_VERSION = 1;

    public RealTimeClockState {
        StateVersions.check("real-time clock", version, CURRENT_VERSION);
        if (memory.size() != CmosMemory.BYTES) {
            throw new IllegalArgumentException(
                    "CMOS memory has %d bytes, the state has %d".formatted(CmosMemory.BYTES, memory.size()));
        }
        memory = List.copyOf(memory);
    }

    static List<Integer> listOf(byte[] bytes) {
        List<Integer> list = new ArrayList<>(bytes.length);
        for (byte value : bytes) {
            list.add(value & 0xFF);
        }
        return list;
    }
}
