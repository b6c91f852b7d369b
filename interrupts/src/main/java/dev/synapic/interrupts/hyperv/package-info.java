// SPDX-License-Identifier: Apache-2.0
/** Hyper-V's front end: SynIC and interrupt hypercalls, on top of the neutral verbs of the APIC. */
@NullMarked
package dev.synapic.interrupts.hyperv;

import org.jspecify.annotations.NullMarked;
