// SPDX-License-Identifier: Apache-2.0
/** The command line and its subcommands. */
@NullMarked
package dev.synapic.cli;

import org.jspecify.annotations.NullMarked;
