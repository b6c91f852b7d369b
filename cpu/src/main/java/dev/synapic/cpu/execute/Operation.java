// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

/**
 * The pure part of an instruction that replaces its first operand: operands and result sign-extended, flags recorded.
 * An operation may read CF and no other flag, so that a LOCK loop can try again. A unary operation ignores b.
 */
@FunctionalInterface
interface Operation {
    long apply(Flags flags, int width, long a, long b);
}
