// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.Handler;

/** All instructions of one mnemonic: picks the handler of a decoded form. */
@FunctionalInterface
public interface Family {
    /**
     * form is the operands' kinds: "E" register or memory, "G" register, "I" immediate, "S" segment register, "CL",
     * target first.
     */
    Handler handler(DecodedInstruction in, String form);
}
