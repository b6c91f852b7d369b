// SPDX-License-Identifier: Apache-2.0
/** Runs the IPI benchmark and holds what it measured; prints nothing. */
@NullMarked
package dev.synapic.cli.bench;

import org.jspecify.annotations.NullMarked;
