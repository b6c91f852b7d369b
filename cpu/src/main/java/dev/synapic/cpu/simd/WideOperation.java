// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.simd;

/** What happens to a 128-bit register, the words xmm[target] and xmm[target + 1], and a second operand; both halves mix. */
@FunctionalInterface
interface WideOperation {
    void apply(long[] xmm, int target, long low, long high, int immediate);
}
