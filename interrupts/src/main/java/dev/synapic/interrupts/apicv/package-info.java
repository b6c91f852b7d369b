// SPDX-License-Identifier: Apache-2.0
/**
 * Hardware APIC virtualization: when it is inhibited and which EOIs exit; what Intel's does on a virtual-APIC page and with posted-interrupt
 * descriptors, and what AMD's does with an IPI.
 */
@NullMarked
package dev.synapic.interrupts.apicv;

import org.jspecify.annotations.NullMarked;
