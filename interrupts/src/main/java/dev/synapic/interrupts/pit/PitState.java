// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pit;

import java.util.List;

/**
 * All state of a PIT. Ticks are absolute, of the clock that the machine goes on with.
 *
 * @param systemControl bits 3:0 of port 0x61
 * @param pending ticks that wait for the acknowledgement of an earlier one
 */
public record PitState(
        int version,
        List<Channel> channels,
        int systemControl,
        boolean reinjects,
        boolean suppressed,
        int pending,
        boolean awaitsAcknowledgement) {
    public static final int CURRENT_VERSION = 1;

    /** In more than 200 years. */
    private static final long LAST_TICK = 1L << 53;

    /** Throws IllegalArgumentException for another version or number of channels, and for values out of range. */
    public PitState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "PIT state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        if (channels.size() != 3) {
            throw new IllegalArgumentException("a PIT has 3 channels, the state has " + channels.size());
        }
        if ((systemControl & ~0xF) != 0 || pending < 0) {
            throw new IllegalArgumentException("port 0x61 keeps 4 bits and ticks that wait are a number, not "
                    + systemControl + " and " + pending);
        }
        channels = List.copyOf(channels);
    }

    /** One counter; -1 in pausedAfter and in the latches stands for nothing, Long.MAX_VALUE in start for never. */
    public record Channel(
            int access,
            int mode,
            boolean bcd,
            boolean gate,
            int reload,
            boolean nullCount,
            int count,
            long start,
            long pausedAfter,
            int held,
            long settled,
            boolean writesHigh,
            int lowByte,
            boolean readsHigh,
            int latchedCount,
            int latchedStatus) {
        /** Throws IllegalArgumentException for fields out of range, or that no counter can have together. */
        public Channel {
            boolean timed = settled >= 0 && settled < LAST_TICK && pausedAfter >= -1 && pausedAfter <= settled;
            boolean loaded = start == Long.MAX_VALUE || start >= 0 && start <= settled + 1;
            if (reload < 0 || reload > 0x1_0000 || !timed || !loaded) {
                throw new IllegalArgumentException("reload, start, settled and pausedAfter of a PIT channel do not fit:"
                        + " %d, %d, %d, %d".formatted(reload, start, settled, pausedAfter));
            }
            if ((lowByte & ~0xFF) != 0
                    || (held & ~0xFFFF) != 0
                    || latchedCount >> 16 != latchedCount >> 31
                    || latchedStatus >> 8 != latchedStatus >> 31) {
                throw new IllegalArgumentException("a PIT channel holds bytes and counts of 16 bits, not %d, %d, %d, %d"
                        .formatted(lowByte, held, latchedCount, latchedStatus));
            }
            boolean periodic = mode == 2 || mode == 3;
            if (periodic && start != Long.MAX_VALUE && nullCount && reload == 0) {
                throw new IllegalArgumentException("a PIT channel waits for a count that is 0");
            }
            if (count < 1 || count > 0x1_0000 || mode < 0 || mode > 5 || access < 1 || access > 3) {
                throw new IllegalArgumentException(
                        "a PIT channel counts from 1 to 65536 in mode 0 to 5 with access 1 to 3," + " not " + count
                                + ", " + mode + ", " + access);
            }
        }
    }
}
