// SPDX-License-Identifier: Apache-2.0
/** The x87 floating-point unit's instructions. */
@NullMarked
package dev.synapic.cpu.fpu;

import org.jspecify.annotations.NullMarked;
