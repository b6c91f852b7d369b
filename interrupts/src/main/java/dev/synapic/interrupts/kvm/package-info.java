// SPDX-License-Identifier: Apache-2.0
/** KVM's paravirtual front end: hypercalls, kvmclock, steal time, PV EOI, kicks. */
@NullMarked
package dev.synapic.interrupts.kvm;

import org.jspecify.annotations.NullMarked;
