// SPDX-License-Identifier: Apache-2.0
/** Turns results into text, JSON and HTML. */
@NullMarked
package dev.synapic.cli.report;

import org.jspecify.annotations.NullMarked;
