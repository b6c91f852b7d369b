// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.exits.ExitReason;
import org.jspecify.annotations.Nullable;

/**
 * Which accesses of one virtual CPU to its APIC leave the guest, under the profile and the present inhibit reasons. Answers are the
 * exit's reason, or null where the hardware does it alone.
 *
 * <p>Spec: SDM vol. 3C, 30.4 (APIC accesses), 30.5 (x2APIC MSRs), 30.1 (EOI, self-IPI and IPI virtualization); AMD APM vol. 2,
 * 15.29 (AVIC). Not modelled: TPR thresholds.
 */
interface ApicVirtualization {
    /** Whether interrupts reach a running guest without an exit. */
    boolean posts();

    @Nullable ExitReason msrRead(int msr);

    @Nullable ExitReason msrWrite(int msr, long value);

    @Nullable ExitReason pageRead(int offset);

    @Nullable ExitReason pageWrite(int offset, int value);
}
