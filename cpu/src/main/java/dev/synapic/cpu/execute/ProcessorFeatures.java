// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.Cpu;
import dev.synapic.spec.x86.Cr4;

/** What CPUID, which the platform answers, lets a guest switch on. */
final class ProcessorFeatures {
    private static final long ALWAYS = Cr4.VME
            | Cr4.PVI
            | Cr4.TSD
            | Cr4.DE
            | Cr4.PSE
            | Cr4.PAE
            | Cr4.MCE
            | Cr4.PGE
            | Cr4.PCE
            | Cr4.OSFXSR
            | Cr4.OSXMMEXCPT;

    private ProcessorFeatures() {}

    /** The bits that CR4 may have. */
    static long cr4Bits(Cpu cpu) {
        int[] leaf = new int[4];
        cpu.ports.platform().cpuid(1, 0, leaf);
        long bits = ALWAYS | bit(leaf[2], 17, Cr4.PCIDE) | bit(leaf[2], 26, Cr4.OSXSAVE);
        cpu.ports.platform().cpuid(7, 0, leaf);
        return bits
                | bit(leaf[1], 0, Cr4.FSGSBASE)
                | bit(leaf[1], 7, Cr4.SMEP)
                | bit(leaf[1], 20, Cr4.SMAP)
                | bit(leaf[2], 2, Cr4.UMIP);
    }

    static boolean hasInvpcid(Cpu cpu) {
        int[] leaf = new int[4];
        cpu.ports.platform().cpuid(7, 0, leaf);
        return (leaf[1] & 1 << 10) != 0;
    }

    private static long bit(int register, int bit, long feature) {
        return (register >>> bit & 1) != 0 ? feature : 0;
    }
}
