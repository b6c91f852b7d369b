// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

/**
 * Who stands behind the 16 lines of a PIC pair. Called after the change, without the chip's lock, so that lines may be
 * set from within.
 */
public interface PicPins {
    PicPins NONE = new PicPins() {};

    /** The interrupt of this line is over: ended by the guest, by itself, or forgotten by an initialization. */
    default void acknowledged(int pin) {}

    /** The mask bit of a line changed. */
    default void masked(int pin, boolean masked) {}
}
