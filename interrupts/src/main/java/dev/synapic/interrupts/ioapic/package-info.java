// SPDX-License-Identifier: Apache-2.0
/** The I/O APIC. */
@NullMarked
package dev.synapic.interrupts.ioapic;

import org.jspecify.annotations.NullMarked;
