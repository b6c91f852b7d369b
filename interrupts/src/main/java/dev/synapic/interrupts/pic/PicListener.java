// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

/** Watches a {@link PicPair}; for traces and counters. It must not call back. */
public interface PicListener {
    PicListener NONE = new PicListener() {};

    /** kvm_pic_set_irq: a source set its level of a line; ELCR and mask of the line's chip; result as {@link PicPair#set}. */
    default void lineSet(int pin, int levelTriggered, int mask, int result) {}

    /** The processor took a vector. */
    default void acknowledged(int vector, boolean spurious) {}
}
