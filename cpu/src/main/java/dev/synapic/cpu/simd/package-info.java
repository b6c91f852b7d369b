// SPDX-License-Identifier: Apache-2.0
/** MMX, SSE to SSE3, and what saves and restores floating-point state. */
@NullMarked
package dev.synapic.cpu.simd;

import org.jspecify.annotations.NullMarked;
