// SPDX-License-Identifier: Apache-2.0
/** Instruction semantics: pure static methods and the handlers that call them. */
@NullMarked
package dev.synapic.cpu.execute;

import org.jspecify.annotations.NullMarked;
