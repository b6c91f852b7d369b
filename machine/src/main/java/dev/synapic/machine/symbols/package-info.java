// SPDX-License-Identifier: Apache-2.0
/** The names of a guest's functions: from a file, from its ELF image, or as a running Linux keeps them in its memory. */
@NullMarked
package dev.synapic.machine.symbols;

import org.jspecify.annotations.NullMarked;
