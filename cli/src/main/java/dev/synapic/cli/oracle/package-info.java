// SPDX-License-Identifier: Apache-2.0
/** {@code synapic oracle}: a fabric without a guest, driven by JSON lines. */
@NullMarked
package dev.synapic.cli.oracle;

import org.jspecify.annotations.NullMarked;
