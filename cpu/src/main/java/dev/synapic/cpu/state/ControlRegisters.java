// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.state;

import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Efer;
import java.util.Arrays;

/**
 * CR0 to CR4, EFER, XCR0 and the debug registers. Whoever changes a mode bit calls {@code Cpu.modeChanged} afterwards.
 */
public final class ControlRegisters {
    private static final long DR6_RESET = 0xFFFF_0FF0L;
    private static final long DR7_RESET = 0x400;

    public long cr0;
    public long cr2;
    public long cr3;
    public long cr4;
    public long efer;
    public long xcr0;
    /** DR0 to DR3, DR6 and DR7; 4 and 5 are aliases that software reads as 6 and 7. */
    public final long[] debug = new long[8];

    /** Power-on values (SDM vol. 3A, table 10-1); INIT keeps CD and NW. */
    public void reset(boolean init) {
        cr0 = Cr0.ET | (init ? cr0 & (Cr0.CD | Cr0.NW) : Cr0.CD | Cr0.NW);
        cr2 = 0;
        cr3 = 0;
        cr4 = 0;
        efer = 0;
        if (!init) {
            xcr0 = 1;
        }
        Arrays.fill(debug, 0);
        debug[6] = DR6_RESET;
        debug[7] = DR7_RESET;
    }

    public boolean protectedMode() {
        return (cr0 & Cr0.PE) != 0;
    }

    public boolean paging() {
        return (cr0 & Cr0.PG) != 0;
    }

    public boolean longMode() {
        return (efer & Efer.LMA) != 0;
    }
}
