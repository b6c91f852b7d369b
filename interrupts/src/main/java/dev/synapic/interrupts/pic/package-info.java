// SPDX-License-Identifier: Apache-2.0
/** The pair of 8259A interrupt controllers of a PC. */
@NullMarked
package dev.synapic.interrupts.pic;

import org.jspecify.annotations.NullMarked;
