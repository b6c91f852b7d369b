// SPDX-License-Identifier: Apache-2.0
/** The processor: its state, its ports to the outside and its run loop. */
@NullMarked
package dev.synapic.cpu;

import org.jspecify.annotations.NullMarked;
