// SPDX-License-Identifier: Apache-2.0
/** Checks that read the sources of all modules: format and size. */
@NullMarked
package dev.synapic.style;

import org.jspecify.annotations.NullMarked;
