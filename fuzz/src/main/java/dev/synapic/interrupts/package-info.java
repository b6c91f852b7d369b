// SPDX-License-Identifier: Apache-2.0
/** Comparisons that look at the whole fabric, by the rig and the guests of its own tests. */
@NullMarked
package dev.synapic.interrupts;

import org.jspecify.annotations.NullMarked;
