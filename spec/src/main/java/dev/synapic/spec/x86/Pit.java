// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Ports and command words of the 8254 interval timer (8254 data sheet) and of the PC's port 0x61. */
public final class Pit {
    /** The PC's timer clock. */
    public static final long HZ = 1_193_182;

    public static final int CHANNEL0 = 0x40;
    public static final int CHANNEL1 = 0x41;
    public static final int CHANNEL2 = 0x42;
    public static final int COMMAND = 0x43;
    /** Gate of channel 2, speaker, refresh toggle. */
    public static final int SYSTEM_CONTROL = 0x61;

    public static final int BCD = 1 << 0;
    /** In bits 5:4 of a command: latch the count. */
    public static final int ACCESS_LATCH = 0;

    public static final int ACCESS_LOW = 1;
    public static final int ACCESS_HIGH = 2;
    public static final int ACCESS_LOW_THEN_HIGH = 3;
    /** In bits 7:6 of a command: read-back. */
    public static final int READ_BACK = 3;
    /** Clear in a read-back: latch the count. */
    public static final int READ_BACK_NO_COUNT = 1 << 5;
    /** Clear in a read-back: latch the status. */
    public static final int READ_BACK_NO_STATUS = 1 << 4;

    public static final int STATUS_OUT = 1 << 7;
    public static final int STATUS_NULL_COUNT = 1 << 6;

    /** Port 0x61: gate of channel 2. */
    public static final int GATE2 = 1 << 0;
    /** Port 0x61: speaker data. */
    public static final int SPEAKER = 1 << 1;
    /** Port 0x61, read-only: changes with every refresh. */
    public static final int REFRESH = 1 << 4;
    /** Port 0x61, read-only: output of channel 2. */
    public static final int OUT2 = 1 << 5;

    private Pit() {}
}
