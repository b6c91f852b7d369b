// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.hyperv;

/** Bits of HV_X64_MSR_CRASH_CTL (TLFS, HV_CRASH_CTL_REG_CONTENTS). */
public final class HvCrashControl {
    /** P3 is the address of a message in memory, P4 its size. */
    public static final long CRASH_MESSAGE = 1L << 62;
    /** The parameters are complete. */
    public static final long CRASH_NOTIFY = 1L << 63;

    public static final int PARAMETERS = 5;
    public static final int MAX_MESSAGE_BYTES = 4096;

    private HvCrashControl() {}
}
