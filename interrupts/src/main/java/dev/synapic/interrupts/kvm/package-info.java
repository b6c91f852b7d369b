// SPDX-License-Identifier: Apache-2.0
/** KVM's paravirtual front end: send-IPI hypercall. */
@NullMarked
package dev.synapic.interrupts.kvm;

import org.jspecify.annotations.NullMarked;
