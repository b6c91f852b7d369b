// SPDX-License-Identifier: Apache-2.0
/** The state of a whole interrupt fabric in one piece. */
@NullMarked
package dev.synapic.interrupts;

import org.jspecify.annotations.NullMarked;
