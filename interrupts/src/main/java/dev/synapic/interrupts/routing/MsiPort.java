// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

/** Where messages go: {@code ApicBus::sendMsi}. */
@FunctionalInterface
public interface MsiPort {
    /** Returns how many local APICs accepted. */
    int sendMsi(long address, int data);
}
