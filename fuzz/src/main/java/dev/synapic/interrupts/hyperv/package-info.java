// SPDX-License-Identifier: Apache-2.0
/** Comparisons that look at what only the package itself sees. */
@NullMarked
package dev.synapic.interrupts.hyperv;

import org.jspecify.annotations.NullMarked;
