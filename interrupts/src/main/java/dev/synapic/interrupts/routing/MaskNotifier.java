// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** Hears that a pin to which a GSI leads was masked or unmasked. */
@FunctionalInterface
public interface MaskNotifier {
    void masked(int gsi, boolean masked);
}
