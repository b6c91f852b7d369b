// SPDX-License-Identifier: Apache-2.0
/** The event trace and its hash. */
@NullMarked
package dev.synapic.machine.trace;

import org.jspecify.annotations.NullMarked;
