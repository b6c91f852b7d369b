// SPDX-License-Identifier: Apache-2.0
/** The program that runs the tests of threads. */
@NullMarked
package dev.synapic.stress;

import org.jspecify.annotations.NullMarked;
