// SPDX-License-Identifier: Apache-2.0
/** QEMU's command line: its options, their grammar and what they say about a machine. */
@NullMarked
package dev.synapic.cli.qemu;

import org.jspecify.annotations.NullMarked;
