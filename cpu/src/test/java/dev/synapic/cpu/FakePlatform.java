// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu;

import dev.synapic.spec.x86.GeneralProtectionFault;
import dev.synapic.spec.x86.Msr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** All ports of a processor, as simple as they can be: a serial port that keeps its text, fw_cfg, MSRs and MMIO as plain storage. */
final class FakePlatform implements MmioPort, IoPort, MsrPort, HypercallPort, PlatformPort {
    static final int COM1_DATA = 0x3F8, COM1_LINE_STATUS = 0x3FD, FW_CFG_SELECTOR = 0x510, FW_CFG_DATA = 0x511;
    static final int EXIT_PORT = 0xF4;
    private static final int TRANSMITTER_EMPTY = 0x60;
    private static final byte[] SIGNATURE = {'Q', 'E', 'M', 'U'};

    final StringBuilder serial = new StringBuilder();
    final List<String> log = new ArrayList<>();
    final Map<Integer, Long> msrs = new HashMap<>();
    final Map<Long, Long> mmio = new HashMap<>();
    final List<Long> retiredAtPorts = new ArrayList<>();
    /** Leaf to EAX, EBX, ECX, EDX. */
    final Map<Integer, int[]> leaves = new HashMap<>();

    Cpu cpu;
    int exitValue = -1;
    int pauses;
    int cr8;
    long tsc;
    Runnable onMmioWrite = () -> {};
    /** Keeps no log. */
    boolean quiet;

    /** Of the hypercalls to come; those behind them are done at once. */
    final List<Outcome> hypercallOutcomes = new ArrayList<>();

    String undefined = "";
    private int selector;
    private int selectorOffset;

    FakePlatform() {
        msrs.put(Msr.IA32_APIC_BASE, 0xFEE0_0900L);
        leaves.put(1, new int[] {0x600, 0, 1 << 17 | 1 << 26, 1 << 2 | 1 << 7});
        leaves.put(7, new int[] {0, 1 | 1 << 7 | 1 << 10 | 1 << 20, 1 << 2 | 1 << 22, 0});
        leaves.put(0x8000_0001, new int[] {0, 0, 0, 1 << 20 | 1 << 27});
    }

    CpuPorts ports() {
        return new CpuPorts(this, this, this, this, this);
    }

    private void note(String what) {
        if (quiet) {
            return;
        }
        log.add(what);
        retiredAtPorts.add(cpu.retiredInstructions());
    }

    @Override
    public long read(long gpa, int size) {
        note("mmio read %x %d".formatted(gpa, size));
        return mmio.getOrDefault(gpa, -1L) & (size == 8 ? -1L : (1L << size * 8) - 1);
    }

    @Override
    public void write(long gpa, int size, long value) {
        note("mmio write %x %d %x".formatted(gpa, size, value));
        mmio.put(gpa, value);
        onMmioWrite.run();
    }

    @Override
    public int in(int port, int size) {
        if (port == COM1_LINE_STATUS) {
            return TRANSMITTER_EMPTY;
        }
        note("in %x %d".formatted(port, size));
        if (port == FW_CFG_DATA) {
            int offset = selectorOffset++;
            return selector == 0 ? SIGNATURE[offset] : offset == 0 ? 1 : 0;
        }
        return 0x1234_5678;
    }

    @Override
    public void out(int port, int size, int value) {
        if (port == COM1_DATA) {
            serial.append((char) value);
            return;
        }
        note("out %x %d %x".formatted(port, size, value));
        if (port == FW_CFG_SELECTOR) {
            selector = value;
            selectorOffset = 0;
        } else if (port == EXIT_PORT) {
            exitValue = value;
            cpu.requestStop();
        }
    }

    @Override
    public long read(int msr) {
        note("rdmsr %x".formatted(msr));
        Long value = msrs.get(msr);
        if (value == null) {
            throw GeneralProtectionFault.generalProtection();
        }
        return value;
    }

    @Override
    public void write(int msr, long value) {
        note("wrmsr %x %x".formatted(msr, value));
        if (!msrs.containsKey(msr)) {
            throw GeneralProtectionFault.generalProtection();
        }
        msrs.put(msr, value);
    }

    @Override
    public Outcome hypercall(Cpu caller) {
        note("hypercall %x cpl %d".formatted(caller.gpr[0], caller.cpl()));
        caller.gpr[0] = 7;
        return hypercallOutcomes.isEmpty() ? Outcome.DONE : hypercallOutcomes.removeFirst();
    }

    @Override
    public void identify(int leaf, int subleaf, int[] result) {
        cpuid(leaf, subleaf, result);
    }

    @Override
    public void cpuid(int leaf, int subleaf, int[] result) {
        int[] known = leaves.getOrDefault(leaf, new int[4]);
        System.arraycopy(known, 0, result, 0, 4);
    }

    @Override
    public long readTsc() {
        return tsc++;
    }

    @Override
    public long random() {
        return 0x0123_4567_89AB_CDEFL;
    }

    @Override
    public void pause() {
        pauses++;
    }

    @Override
    public void controlRegisterWritten() {}

    @Override
    public int readCr8() {
        return cr8;
    }

    @Override
    public void writeCr8(int value) {
        cr8 = value;
    }

    @Override
    public void undefinedInstruction(long rip, byte[] bytes, int length) {
        undefined = "%x:%s".formatted(rip, java.util.HexFormat.of().formatHex(bytes, 0, length));
    }
}
