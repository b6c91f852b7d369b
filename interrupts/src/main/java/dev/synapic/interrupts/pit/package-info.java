// SPDX-License-Identifier: Apache-2.0
/** The 8254 interval timer of a PC. */
@NullMarked
package dev.synapic.interrupts.pit;

import org.jspecify.annotations.NullMarked;
