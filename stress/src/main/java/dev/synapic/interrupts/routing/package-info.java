// SPDX-License-Identifier: Apache-2.0
/** What the package says about threads, under jcstress. */
@NullMarked
package dev.synapic.interrupts.routing;

import org.jspecify.annotations.NullMarked;
