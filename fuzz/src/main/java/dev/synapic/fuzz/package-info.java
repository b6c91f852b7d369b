// SPDX-License-Identifier: Apache-2.0
/** Fuzz targets and differential fuzzers of the interrupt fabric, and the program that runs them. */
@NullMarked
package dev.synapic.fuzz;

import org.jspecify.annotations.NullMarked;
