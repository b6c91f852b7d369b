// SPDX-License-Identifier: Apache-2.0
/** Puts kernels into guest memory. */
@NullMarked
package dev.synapic.machine.loader;

import org.jspecify.annotations.NullMarked;
