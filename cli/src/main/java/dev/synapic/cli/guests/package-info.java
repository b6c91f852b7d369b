// SPDX-License-Identifier: Apache-2.0
/** The guest programs that travel with the command line. */
@NullMarked
package dev.synapic.cli.guests;

import org.jspecify.annotations.NullMarked;
