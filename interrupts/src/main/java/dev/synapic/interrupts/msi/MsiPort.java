// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.msi;

/** Where messages go: {@code ApicBus::sendMsi}, or a remapping unit before it. */
@FunctionalInterface
public interface MsiPort {
    /** Returns how many local APICs accepted. */
    int sendMsi(long address, int data);
}
