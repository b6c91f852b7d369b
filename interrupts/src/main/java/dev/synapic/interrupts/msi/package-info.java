// SPDX-License-Identifier: Apache-2.0
/** Message-signalled interrupts: the language that I/O APICs and devices share with the local APICs. */
@NullMarked
package dev.synapic.interrupts.msi;

import org.jspecify.annotations.NullMarked;
