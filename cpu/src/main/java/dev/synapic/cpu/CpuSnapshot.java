// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

/**
 * A processor's registers at one moment, for reports. Segment arrays go ES, CS, SS, DS, FS, GS.
 *
 * @param gpr RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15
 */
public record CpuSnapshot(
        long[] gpr,
        long rip,
        long rflags,
        int cpl,
        int[] selectors,
        long[] segmentBases,
        long cr0,
        long cr2,
        long cr3,
        long cr4,
        long efer,
        long lstar,
        long gdtBase,
        long idtBase,
        boolean halted,
        boolean nmiBlocked,
        long retired) {
    private static final String[] REGISTERS = {
        "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI", "R8 ", "R9 ", "R10", "R11", "R12", "R13", "R14", "R15"
    };
    private static final String[] SEGMENTS = {"ES", "CS", "SS", "DS", "FS", "GS"};

    static CpuSnapshot of(Cpu cpu) {
        int[] selectors = new int[SEGMENTS.length];
        long[] bases = new long[SEGMENTS.length];
        for (int i = 0; i < SEGMENTS.length; i++) {
            selectors[i] = cpu.segments.selector(i);
            bases[i] = cpu.segments.base(i);
        }
        return new CpuSnapshot(
                cpu.gpr.clone(),
                cpu.rip,
                cpu.rflags(),
                cpu.cpl(),
                selectors,
                bases,
                cpu.control.cr0,
                cpu.control.cr2,
                cpu.control.cr3,
                cpu.control.cr4,
                cpu.control.efer,
                cpu.msrs.lstar,
                cpu.tables.gdtBase,
                cpu.tables.idtBase,
                cpu.halted(),
                cpu.nmiBlocked(),
                cpu.retiredInstructions());
    }

    /** Laid out as people know it from other emulators' register dumps. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(1024);
        for (int i = 0; i < REGISTERS.length; i++) {
            text.append("%s=%016x%c".formatted(REGISTERS[i], gpr[i], i % 4 == 3 ? '\n' : ' '));
        }
        text.append("RIP=%016x RFL=%08x CPL=%d HLT=%d NMI-blocked=%d retired=%d%n"
                .formatted(rip, rflags, cpl, halted ? 1 : 0, nmiBlocked ? 1 : 0, retired));
        for (int i = 0; i < SEGMENTS.length; i++) {
            char end = i % 3 == 2 ? '\n' : ' ';
            text.append("%s =%04x %016x%c".formatted(SEGMENTS[i], selectors[i], segmentBases[i], end));
        }
        text.append("GDT=%016x IDT=%016x%n".formatted(gdtBase, idtBase));
        text.append("CR0=%08x CR2=%016x CR3=%016x CR4=%08x EFER=%016x".formatted(cr0, cr2, cr3, cr4, efer));
        return text.toString();
    }
}
