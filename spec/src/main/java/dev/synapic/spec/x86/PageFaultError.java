// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Bits of the page-fault error code (SDM vol. 3A, 4.7). */
public final class PageFaultError {
    public static final int PRESENT = 1;
    public static final int WRITE = 1 << 1;
    public static final int USER = 1 << 2;
    public static final int RESERVED_BIT = 1 << 3;
    public static final int FETCH = 1 << 4;

    private PageFaultError() {}
}
