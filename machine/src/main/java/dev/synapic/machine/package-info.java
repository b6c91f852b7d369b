// SPDX-License-Identifier: Apache-2.0
/** The machine: configuration, virtual CPUs, and where the engine meets the fabric. */
@NullMarked
package dev.synapic.machine;

import org.jspecify.annotations.NullMarked;
