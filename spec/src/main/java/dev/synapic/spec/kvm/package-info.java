// SPDX-License-Identifier: Apache-2.0
/** KVM vocabulary: paravirtual hypercalls, MSRs, CPUID leaves and the userspace ABI. */
@NullMarked
package dev.synapic.spec.kvm;

import org.jspecify.annotations.NullMarked;
