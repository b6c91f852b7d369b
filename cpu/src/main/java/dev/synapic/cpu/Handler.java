// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/** The code of one instruction form. */
@FunctionalInterface
public interface Handler {
    /**
     * Executes one instruction. Faults are thrown ({@link Cpu#fault}) before any architectural state has changed, so that the
     * instruction can be restarted. When it is called, {@link Cpu#rip} already holds the address behind the block that the
     * instruction ends (a branch overwrites it); {@link Cpu#nextRip} is the address behind the instruction itself.
     */
    void execute(Cpu cpu, DecodedInstruction in);
}
