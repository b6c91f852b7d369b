// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import org.jspecify.annotations.Nullable;

/** A caller's registers, as a test gives them. */
final class GivenRegisters implements HypercallRegisters {
    private final long[] values = new long[16];

    @Nullable
    XmmRegisters xmm;

    /** A 64-bit caller's call. */
    static GivenRegisters of(long control, long input, long output) {
        GivenRegisters registers = new GivenRegisters();
        registers.set(RCX, control);
        registers.set(RDX, input);
        registers.set(R8, output);
        return registers;
    }

    @Override
    public long get(int register) {
        return values[register];
    }

    @Override
    public void set(int register, long value) {
        values[register] = value;
    }

    @Override
    public @Nullable XmmRegisters xmm() {
        return xmm;
    }
}
