// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/** Connection ids have 24 bits; bits 31:24 are reserved (TLFS, HV_CONNECTION_ID). */
public final class HvConnectionId {
    public static final int MASK = 0xFF_FFFF;

    private HvConnectionId() {}

    /** Whether bits 31:24 are zero; whether there is such a connection is another question. */
    public static boolean valid(int connectionId) {
        return (connectionId & ~MASK) == 0;
    }
}
