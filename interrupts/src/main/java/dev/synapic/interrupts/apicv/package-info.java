// SPDX-License-Identifier: Apache-2.0
/** A model of hardware APIC virtualization: when it is inhibited, what it posts, which EOIs exit. */
@NullMarked
package dev.synapic.interrupts.apicv;

import org.jspecify.annotations.NullMarked;
