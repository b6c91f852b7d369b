// SPDX-License-Identifier: Apache-2.0
/** The interrupt chips in Linux's KVM and those of this project, driven by the same steps and compared after each. */
@NullMarked
package dev.synapic.kvmcheck;

import org.jspecify.annotations.NullMarked;
