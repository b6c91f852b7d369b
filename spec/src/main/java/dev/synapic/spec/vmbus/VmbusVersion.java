// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.vmbus;

/** Protocol versions: major number in 31:16, minor number in 15:0. */
public final class VmbusVersion {
    public static final int WIN8 = 2 << 16 | 4;
    public static final int WIN8_1 = 3 << 16;
    public static final int WIN10 = 4 << 16;
    public static final int WIN10_V4_1 = 4 << 16 | 1;
    public static final int WIN10_V5 = 5 << 16;
    public static final int WIN10_V5_1 = 5 << 16 | 1;
    public static final int WIN10_V5_2 = 5 << 16 | 2;
    public static final int WIN10_V5_3 = 5 << 16 | 3;

    private VmbusVersion() {}
}
