// SPDX-License-Identifier: Apache-2.0
package dev.synapic.bench;

import dev.synapic.cpu.CodeCache;
import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuPorts;
import dev.synapic.cpu.HypercallPort;
import dev.synapic.cpu.IoPort;
import dev.synapic.cpu.MmioPort;
import dev.synapic.cpu.MsrPort;
import dev.synapic.cpu.PlatformPort;
import dev.synapic.cpu.StopReason;
import dev.synapic.guestmem.GuestMemory;
import java.util.HexFormat;

/** One processor and RAM, with nothing around them, about to execute a {@link GuestLoop}. */
final class LoopMachine implements AutoCloseable {
    private static final int RAX = 0;
    private static final int RBX = 3;

    private final GuestMemory ram = GuestMemory.allocate(GuestLoop.RAM_BYTES);
    private final Cpu cpu = new Cpu(ram, new CodeCache(ram), Nothing.PORTS);

    /** rounds is how often the loop calls its round() before it halts; 0: for ever. */
    LoopMachine(GuestLoop loop, int rounds) {
        loop.load(ram);
        cpu.enterFlatProtectedMode(GuestLoop.ENTRY);
        cpu.gpr[RBX] = rounds;
    }

    /** Executes that many instructions of an endless loop. */
    void run(long instructions) {
        StopReason reason = cpu.run(instructions);
        if (reason != StopReason.BUDGET) {
            throw new IllegalStateException("the guest stopped: %s at 0x%x".formatted(reason, cpu.rip));
        }
    }

    /** Runs until HLT; returns RAX. */
    long runToEnd() {
        StopReason reason = cpu.run(Long.MAX_VALUE);
        if (reason != StopReason.HALT) {
            throw new IllegalStateException("the guest stopped: %s at 0x%x".formatted(reason, cpu.rip));
        }
        return cpu.gpr[RAX];
    }

    long retiredInstructions() {
        return cpu.retiredInstructions();
    }

    boolean in64BitMode() {
        return cpu.in64BitMode();
    }

    @Override
    public void close() {
        ram.close();
    }

    /** Ports that a loop has no reason to use. */
    private enum Nothing implements MmioPort, IoPort, MsrPort, HypercallPort, PlatformPort {
        THERE;

        static final CpuPorts PORTS = new CpuPorts(THERE, THERE, THERE, THERE, THERE);

        @Override
        public long read(long gpa, int size) {
            return -1;
        }

        @Override
        public void write(long gpa, int size, long value) {}

        @Override
        public int in(int port, int size) {
            return -1;
        }

        @Override
        public void out(int port, int size, int value) {}

        @Override
        public long read(int msr) {
            return 0;
        }

        @Override
        public void write(int msr, long value) {}

        @Override
        public Outcome hypercall(Cpu caller) {
            return Outcome.UNDEFINED;
        }

        @Override
        public void cpuid(int leaf, int subleaf, int[] result) {}

        @Override
        public long readTsc() {
            return 0;
        }

        @Override
        public void identify(int leaf, int subleaf, int[] result) {}

        @Override
        public long random() {
            return 0;
        }

        @Override
        public void pause() {}

        @Override
        public void controlRegisterWritten() {}

        @Override
        public int readCr8() {
            return 0;
        }

        @Override
        public void writeCr8(int value) {}

        @Override
        public void undefinedInstruction(long rip, byte[] bytes, int length) {
            throw new IllegalStateException("unknown instruction at 0x%x: %s"
                    .formatted(rip, HexFormat.of().formatHex(bytes, 0, length)));
        }
    }
}
