// SPDX-License-Identifier: Apache-2.0
/** The architectural local APIC, the bus between APICs and the destination map. Knows nothing of Hyper-V or KVM. */
@NullMarked
package dev.synapic.interrupts.apic;

import org.jspecify.annotations.NullMarked;
