// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

/** What happens to each 64-bit half of two packed operands: all of an MMX instruction, twice in an SSE one. */
@FunctionalInterface
interface PackedOperation {
    long apply(long a, long b);
}
