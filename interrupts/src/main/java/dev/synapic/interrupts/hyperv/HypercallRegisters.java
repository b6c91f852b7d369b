// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import org.jspecify.annotations.Nullable;

/** The caller's registers: the general ones by their x86 numbers, and XMM registers where the processor has them. */
public interface HypercallRegisters {
    int RAX = 0;
    int RCX = 1;
    int RDX = 2;
    int RBX = 3;
    int RSI = 6;
    int RDI = 7;
    int R8 = 8;

    /** All 64 bits, whatever the caller's width; register is one of the constants above. */
    long get(int register);

    /** All 64 bits; register is one of the constants above. */
    void set(int register, long value);

    /** Null: the processor has none, so no call can have its parameters there. */
    @Nullable
    XmmRegisters xmm();
}
