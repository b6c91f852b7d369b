// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.state;

/** What DR0 to DR3 and DR7 watch, worked out when they change (SDM vol. 3B, 18.2). */
public final class Breakpoints {
    private static final int COUNT = 4;
    private static final int EXECUTE = 0, WRITE = 1, PORT = 2, READ_WRITE = 3;
    private static final long PAGE_MASK = -4096L;

    private final long[] first = new long[COUNT];
    private final long[] last = new long[COUNT];
    /** What each is for, or -1 where it is off. */
    private final int[] kinds = new int[COUNT];

    private boolean instructions;
    private boolean data;
    private boolean ports;

    public Breakpoints() {
        configure(new long[8], false);
    }

    /** Takes over the debug registers; debugExtensions is CR4.DE, without which there are no I/O breakpoints. */
    public void configure(long[] debug, boolean debugExtensions) {
        instructions = false;
        data = false;
        ports = false;
        long control = debug[7];
        for (int i = 0; i < COUNT; i++) {
            int kind = (int) (control >>> 16 + 4 * i) & 3;
            boolean on = (control >>> 2 * i & 3) != 0 && (kind != PORT || debugExtensions);
            int length = length((int) (control >>> 18 + 4 * i) & 3);
            kinds[i] = on ? kind : -1;
            first[i] = debug[i] & -length;
            last[i] = first[i] + length - 1;
            instructions |= on && kind == EXECUTE;
            ports |= on && kind == PORT;
            data |= on && (kind == WRITE || kind == READ_WRITE);
        }
    }

    /** The encoding 10B is eight bytes. */
    private static int length(int code) {
        return code == 2 ? 8 : code + 1;
    }

    public boolean watchesInstructions() {
        return instructions;
    }

    public boolean watchesData() {
        return data;
    }

    public boolean watchesPorts() {
        return ports;
    }

    /** DR6 bits of the breakpoints on an instruction that starts there. */
    public int instructionHits(long linear) {
        int hits = 0;
        for (int i = 0; i < COUNT; i++) {
            hits |= kinds[i] == EXECUTE && first[i] == linear ? 1 << i : 0;
        }
        return hits;
    }

    /** DR6 bits of the breakpoints that a data access meets. */
    public int dataHits(long linear, int size, boolean write) {
        int hits = 0;
        for (int i = 0; i < COUNT; i++) {
            boolean meant = kinds[i] == READ_WRITE || write && kinds[i] == WRITE;
            hits |= meant && linear <= last[i] && linear + size > first[i] ? 1 << i : 0;
        }
        return hits;
    }

    /** DR6 bits of the breakpoints that a port access meets. */
    public int portHits(int port, int size) {
        int hits = 0;
        for (int i = 0; i < COUNT; i++) {
            hits |= kinds[i] == PORT && port <= last[i] && port + size > first[i] ? 1 << i : 0;
        }
        return hits;
    }

    /** Whether a data breakpoint lies in the page of an address. */
    public boolean watchesPage(long linear) {
        boolean watched = false;
        for (int i = 0; i < COUNT && data; i++) {
            watched |= (kinds[i] == WRITE || kinds[i] == READ_WRITE) && ((first[i] ^ linear) & PAGE_MASK) == 0;
        }
        return watched;
    }
}
