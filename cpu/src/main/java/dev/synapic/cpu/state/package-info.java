// SPDX-License-Identifier: Apache-2.0
/** Processor state beyond the general registers: segments, control registers, table registers, MSRs. */
@NullMarked
package dev.synapic.cpu.state;

import org.jspecify.annotations.NullMarked;
