// SPDX-License-Identifier: Apache-2.0
/** Micro-benchmarks of the paths that a guest takes most often. */
@NullMarked
package dev.synapic.bench;

import org.jspecify.annotations.NullMarked;
