// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.pic;

/**
 * Where INT of the master goes: the processors' LINT0. Called under the chip's lock whenever it changes; it must not call
 * back.
 */
@FunctionalInterface
public interface IntrPort {
    /** INT is asserted now, or no more. */
    void set(boolean asserted);
}
