// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

/**
 * How an accepted request travels from its sender to the target's mailbox. A virtual-time machine delays it to the instant at which
 * it takes effect; {@link #IMMEDIATE} hands it over at once, on the sender's thread.
 *
 * <p>A request is an int laid out as the low half of ICR: vector 7:0, delivery mode 10:8, level 14, trigger mode 15.
 */
@FunctionalInterface
public interface Transit {
    Transit IMMEDIATE = LocalApic::arrive;

    /** Takes over a request that target accepted and owes it one call of {@link LocalApic#arrive}. Any thread. */
    void carry(LocalApic target, int request);
}
