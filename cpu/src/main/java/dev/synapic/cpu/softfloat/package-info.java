// SPDX-License-Identifier: Apache-2.0
/** Binary floating point in integers: single, double and double extended, with every rounding mode and all flags. */
@NullMarked
package dev.synapic.cpu.softfloat;

import org.jspecify.annotations.NullMarked;
