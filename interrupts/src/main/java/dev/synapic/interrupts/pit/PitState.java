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

    public PitState {
        if (version != CURRENT_VERSION) {
            throw new IllegalArgumentException(
                    "PIT state version " + version + " is unknown; this build reads version " + CURRENT_VERSION);
        }
        if (channels.size() != 3) {
            throw new IllegalArgumentException("a PIT has 3 channels, the state has " + channels.size());
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
        public Channel {
            if (count < 1 || count > 0x1_0000 || mode < 0 || mode > 5 || access < 1 || access > 3) {
                throw new IllegalArgumentException(
                        "a PIT channel counts from 1 to 65536 in mode 0 to 5 with access 1 to 3," + " not " + count
                                + ", " + mode + ", " + access);
            }
        }
    }
}
