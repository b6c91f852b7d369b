// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.x86;

/** Bits of the error status register (SDM vol. 3A, figure 12-9). */
public final class ApicError {
    public static final int SEND_CHECKSUM = 1 << 0;
    public static final int RECEIVE_CHECKSUM = 1 << 1;
    public static final int SEND_ACCEPT = 1 << 2;
    public static final int RECEIVE_ACCEPT = 1 << 3;
    public static final int REDIRECTABLE_IPI = 1 << 4;
    public static final int SEND_ILLEGAL_VECTOR = 1 << 5;
    public static final int RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    public static final int ILLEGAL_REGISTER = 1 << 7;
    /** Vectors below this one belong to exceptions; no APIC delivers them. */
    public static final int FIRST_LEGAL_VECTOR = 16;

    private ApicError() {}
}
