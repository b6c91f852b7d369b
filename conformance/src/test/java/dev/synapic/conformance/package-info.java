// SPDX-License-Identifier: Apache-2.0
/** Evidence about the house as a whole. */
@NullMarked
package dev.synapic.conformance;

import org.jspecify.annotations.NullMarked;
