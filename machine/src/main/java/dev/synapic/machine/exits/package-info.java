// SPDX-License-Identifier: Apache-2.0
/** Exits and what they cost, under a named hardware profile. */
@NullMarked
package dev.synapic.machine.exits;

import org.jspecify.annotations.NullMarked;
