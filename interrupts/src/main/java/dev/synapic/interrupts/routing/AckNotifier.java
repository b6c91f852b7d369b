// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/**
 * Hears that a guest is done with the interrupt of a GSI. It may raise the GSI again at once, and may detach itself.
 */
@FunctionalInterface
public interface AckNotifier {
    /** On the thread that acknowledged, or that is at work on another acknowledgement; several may have become one call. */
    void acknowledged(int gsi);
}
