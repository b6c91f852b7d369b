// SPDX-License-Identifier: Apache-2.0
/** What all commands share: streams, exit codes, Ctrl-C, and the shapes of text and JSON. */
@NullMarked
package dev.synapic.cli.terminal;

import org.jspecify.annotations.NullMarked;
