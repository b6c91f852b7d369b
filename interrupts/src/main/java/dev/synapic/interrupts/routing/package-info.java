// SPDX-License-Identifier: Apache-2.0
/** GSI routing, irqfd with resampler, acknowledge notifiers: the VMM's side of the fabric. */
@NullMarked
package dev.synapic.interrupts.routing;

import org.jspecify.annotations.NullMarked;
