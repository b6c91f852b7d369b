// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.state;

import dev.synapic.cpu.DecodedInstruction;
import java.util.Arrays;

/**
 * The segment registers with their hidden parts, LDTR and TR among them (SDM vol. 3A, 3.4.3), and what address
 * formation needs of them in the present mode: bases, and the last readable and writable offset.
 */
public final class SegmentRegisters {
    public static final int LDTR = 6, TR = 7;
    private static final int COUNT = 8;
    private static final int DATA =
            Descriptor.PRESENT | Descriptor.NOT_SYSTEM | Descriptor.WRITABLE | Descriptor.ACCESSED;

    private final int[] selectors = new int[COUNT];
    private final long[] bases = new long[COUNT];
    private final long[] limits = new long[COUNT];
    private final int[] attributes = new int[COUNT];

    /** In 64-bit mode ES, CS, SS and DS have base 0, whatever was loaded. */
    private final long[] effectiveBases = new long[COUNT];
    /** Last offset that may be read (written) without a closer look, -1 where each access needs one. */
    private final long[] readLimits = new long[COUNT];

    private final long[] writeLimits = new long[COUNT];
    private boolean protectedMode;
    private boolean mode64;

    /** Power-on values (SDM vol. 3A, table 10-1). */
    public void reset() {
        Arrays.fill(selectors, 0);
        Arrays.fill(bases, 0);
        Arrays.fill(limits, 0xFFFF);
        Arrays.fill(attributes, DATA);
        attributes[DecodedInstruction.CS] |= Descriptor.CODE;
        attributes[LDTR] = Descriptor.PRESENT | Descriptor.TYPE_LDT;
        attributes[TR] = Descriptor.PRESENT | Descriptor.TYPE_TSS_BUSY;
        protectedMode = false;
        mode64 = false;
        for (int segment = 0; segment < COUNT; segment++) {
            derive(segment);
        }
    }

    public int selector(int segment) {
        return selectors[segment];
    }

    /** The base as loaded; see {@link #effectiveBase}. */
    public long base(int segment) {
        return bases[segment];
    }

    public long limit(int segment) {
        return limits[segment];
    }

    public int attributes(int segment) {
        return attributes[segment];
    }

    public long effectiveBase(int segment) {
        return effectiveBases[segment];
    }

    public long readLimit(int segment) {
        return readLimits[segment];
    }

    public long writeLimit(int segment) {
        return writeLimits[segment];
    }

    /** Loads selector and hidden part. */
    public void load(int segment, int selector, long base, long limit, int attributes) {
        selectors[segment] = selector;
        bases[segment] = base;
        limits[segment] = limit;
        this.attributes[segment] = attributes;
        derive(segment);
    }

    /** Loads from a descriptor's first eight bytes. */
    public void load(int segment, int selector, long descriptor) {
        int attrs = Descriptor.attributes(descriptor);
        load(segment, selector, Descriptor.base(descriptor), Descriptor.limit(descriptor), attrs);
    }

    /** As in real mode: limit and attributes stay as they are, which is what makes "unreal mode". */
    public void loadReal(int segment, int selector) {
        load(segment, selector, (long) selector << 4, limits[segment], attributes[segment]);
    }

    /** A null selector: unusable outside 64-bit mode; FS and GS bases become 0, as on Intel's processors. */
    public void loadNull(int segment, int selector) {
        load(segment, selector, 0, 0, 0);
    }

    /** SS as an inter-privilege event in long mode leaves it: null, with the new CPL as DPL (SDM vol. 3A, 6.14.2). */
    public void loadNullStack(int cpl) {
        load(DecodedInstruction.SS, cpl, 0, 0xFFFF_FFFFL, DATA | Descriptor.BIG | cpl << Descriptor.DPL_SHIFT);
    }

    public void setBase(int segment, long base) {
        bases[segment] = base;
        derive(segment);
    }

    /** A flat 4 GiB segment. */
    public void loadFlat(int segment, int selector, int extraAttributes) {
        load(segment, selector, 0, 0xFFFF_FFFFL, DATA | Descriptor.BIG | Descriptor.GRANULARITY | extraAttributes);
    }

    /** Tells the mode, which decides what bases and limits mean. */
    public void setMode(boolean protectedMode, boolean mode64) {
        if (this.protectedMode == protectedMode && this.mode64 == mode64) {
            return;
        }
        this.protectedMode = protectedMode;
        this.mode64 = mode64;
        for (int segment = 0; segment < COUNT; segment++) {
            derive(segment);
        }
    }

    /** The full check of an access that the quick limits did not pass: segment usable, rights, limit, expand-down. */
    public boolean allows(int segment, long offset, int size, boolean write) {
        int attrs = attributes[segment];
        boolean right = write ? Descriptor.writable(attrs) : Descriptor.readable(attrs);
        if (protectedMode && !(Descriptor.present(attrs) && right)) {
            return false;
        }
        long last = offset + size - 1;
        if (expandsDown(attrs)) {
            long top = (attrs & Descriptor.BIG) != 0 ? 0xFFFF_FFFFL : 0xFFFF;
            return offset > limits[segment] && last <= top;
        }
        // A flat segment lets an access wrap at 4 GiB (SDM vol. 3A, 5.3 leaves it to the implementation).
        return last <= limits[segment] || limits[segment] == 0xFFFF_FFFFL;
    }

    private void derive(int segment) {
        int attrs = attributes[segment];
        effectiveBases[segment] = mode64 && segment < DecodedInstruction.FS ? 0 : bases[segment];
        boolean quick = !expandsDown(attrs);
        boolean read = !protectedMode || Descriptor.present(attrs) && Descriptor.readable(attrs);
        boolean write = !protectedMode || Descriptor.present(attrs) && Descriptor.writable(attrs);
        readLimits[segment] = quick && read ? limits[segment] : -1;
        writeLimits[segment] = quick && write ? limits[segment] : -1;
    }

    private static boolean expandsDown(int attrs) {
        return (attrs & (Descriptor.NOT_SYSTEM | Descriptor.CODE | Descriptor.EXPAND_DOWN))
                == (Descriptor.NOT_SYSTEM | Descriptor.EXPAND_DOWN);
    }
}
