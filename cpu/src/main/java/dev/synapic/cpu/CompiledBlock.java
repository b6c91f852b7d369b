// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** A block as one method of the Java virtual machine, see {@link BlockCompiler}. */
interface CompiledBlock {
    /** Executes the block; returns how many instructions that were: all, or fewer if one of them has cut it. */
    int run(Interpreter interpreter, Cpu cpu);
}
