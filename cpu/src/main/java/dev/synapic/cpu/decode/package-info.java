// SPDX-License-Identifier: Apache-2.0
/** From instruction bytes to decoded instructions with a handler. */
@NullMarked
package dev.synapic.cpu.decode;

import org.jspecify.annotations.NullMarked;
