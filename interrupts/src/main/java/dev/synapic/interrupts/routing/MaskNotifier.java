// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** Hears that a pin to which a GSI leads was masked or unmasked. */
@FunctionalInterface
public interface MaskNotifier {
    /** The pin is masked now, or no more; on the thread of the write that changed it, without a chip's lock. */
    void masked(int gsi, boolean masked);
}
