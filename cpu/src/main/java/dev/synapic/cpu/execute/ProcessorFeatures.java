// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.PlatformPort;
import dev.synapic.spec.x86.Cr4;
import org.jspecify.annotations.Nullable;

/** What CPUID, which the platform answers, lets a guest switch on or execute. */
public final class ProcessorFeatures {
    private static final long ALWAYS = Cr4.TSD | Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.PCE | Cr4.OSFXSR | Cr4.OSXMMEXCPT;
    /** EBX of leaf 0: "Auth", as AMD's and Hygon's processors begin. */
    private static final int AUTH = 0x6874_7541;

    /** The bits that CR4 may have. */
    final long cr4Bits;

    final boolean monitor;
    final boolean invpcid;
    final boolean rdtscp;
    final boolean rdpid;
    final boolean noExecute;
    public final boolean tzcnt;
    public final boolean lzcnt;
    private final boolean popcnt;
    private final boolean movbe;
    private final boolean crc32;
    private final boolean rdrand;
    private final boolean rdseed;
    /** SYSCALL also outside 64-bit mode, SYSENTER not in long mode. */
    final boolean amd;

    private ProcessorFeatures(PlatformPort platform) {
        int[] leaf = new int[4];
        platform.identify(0, 0, leaf);
        amd = leaf[1] == AUTH;
        platform.identify(1, 0, leaf);
        monitor = has(leaf[2], 3);
        crc32 = has(leaf[2], 20);
        movbe = has(leaf[2], 22);
        popcnt = has(leaf[2], 23);
        rdrand = has(leaf[2], 30);
        long bits = ALWAYS
                | bit(leaf[3], 2, Cr4.DE)
                | bit(leaf[3], 7, Cr4.MCE)
                | bit(leaf[2], 17, Cr4.PCIDE)
                | bit(leaf[2], 26, Cr4.OSXSAVE);
        platform.identify(7, 0, leaf);
        invpcid = has(leaf[1], 10);
        rdseed = has(leaf[1], 18);
        rdpid = has(leaf[2], 22);
        tzcnt = has(leaf[1], 3);
        cr4Bits = bits
                | bit(leaf[1], 0, Cr4.FSGSBASE)
                | bit(leaf[1], 7, Cr4.SMEP)
                | bit(leaf[1], 20, Cr4.SMAP)
                | bit(leaf[2], 2, Cr4.UMIP);
        platform.identify(0x8000_0001, 0, leaf);
        rdtscp = has(leaf[3], 27);
        noExecute = has(leaf[3], 20);
        lzcnt = has(leaf[2], 5);
    }

    /** Whether an instruction that the engine knows is none of this processor's; others look at their feature themselves. */
    public boolean lacks(DecodedInstruction in) {
        return switch (in.opcode()) {
            case 0x0FB8 -> !popcnt;
            case 0x0F38F0, 0x0F38F1 -> !(in.repne() ? crc32 : movbe);
            case 0x0FC7 -> !in.memory() && !in.rep() && !((in.reg() & 7) == 6 ? rdrand : rdseed);
            default -> false;
        };
    }

    /** Asks once: the platform is complete when the first instruction runs. */
    public static final class Source {
        private final PlatformPort platform;
        private @Nullable ProcessorFeatures known;

        public Source(PlatformPort platform) {
            this.platform = platform;
        }

        public ProcessorFeatures get() {
            ProcessorFeatures features = known == null ? new ProcessorFeatures(platform) : known;
            known = features;
            return features;
        }
    }

    private static boolean has(int register, int bit) {
        return (register >>> bit & 1) != 0;
    }

    private static long bit(int register, int bit, long feature) {
        return has(register, bit) ? feature : 0;
    }
}
