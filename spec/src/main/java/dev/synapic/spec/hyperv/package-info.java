// SPDX-License-Identifier: Apache-2.0
/** Hyper-V vocabulary (Hypervisor Top Level Functional Specification). */
@NullMarked
package dev.synapic.spec.hyperv;

import org.jspecify.annotations.NullMarked;
