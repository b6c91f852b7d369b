// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.execute;

import dev.synapic.cpu.CodeCache;
import dev.synapic.cpu.CodeSize;
import dev.synapic.cpu.Cpu;
import dev.synapic.cpu.CpuPorts;
import dev.synapic.cpu.DecodedInstruction;
import dev.synapic.cpu.HypercallPort;
import dev.synapic.cpu.IoPort;
import dev.synapic.cpu.MmioPort;
import dev.synapic.cpu.MsrPort;
import dev.synapic.cpu.PlatformPort;
import dev.synapic.cpu.decode.Decoder;
import dev.synapic.cpu.state.Descriptor;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.spec.x86.Cr0;
import dev.synapic.spec.x86.Efer;
import java.lang.reflect.Proxy;
import java.util.Objects;

/** A processor without a platform and without paging, flat segments, on which single instructions are executed. */
final class BareCpu {
    static final long CODE = 0x1000;
    private static final long PAGE_DIRECTORY = 0x1_0000, PAGE_TABLE = 0x1_1000;

    final GuestMemory ram = GuestMemory.allocate(4 << 20);
    final Cpu cpu;
    final CodeSize size;
    private final Decoder decoder = new Decoder(true, true);

    BareCpu(CodeSize size) {
        this.size = size;
        CpuPorts ports = new CpuPorts(
                absent(MmioPort.class),
                absent(IoPort.class),
                absent(MsrPort.class),
                c -> HypercallPort.Outcome.UNDEFINED,
                absent(PlatformPort.class));
        cpu = new Cpu(ram, new CodeCache(ram), ports);
        cpu.enterFlatProtectedMode((int) CODE);
        if (size == CodeSize.CODE64) {
            cpu.control.efer |= Efer.LMA | Efer.LME;
            cpu.segments.loadFlat(DecodedInstruction.CS, 0x08, Descriptor.CODE | Descriptor.LONG);
        }
        cpu.modeChanged();
    }

    private static <T> T absent(Class<T> port) {
        return port.cast(Proxy.newProxyInstance(port.getClassLoader(), new Class<?>[] {port}, (p, method, a) -> {
            throw new AssertionError("no platform here: " + method);
        }));
    }

    /** Turns 32-bit paging on: 4 MiB mapped one to one, writable, but for two pages. */
    void page(long absentPage, long readOnlyPage) {
        for (int i = 0; i < 1024; i++) {
            long page = i * 4096L;
            int present = page == absentPage ? 0 : 1;
            int writable = page == readOnlyPage ? 0 : 2;
            ram.putInt(PAGE_TABLE + 4L * i, (int) page | writable | present);
        }
        ram.putInt(PAGE_DIRECTORY, (int) PAGE_TABLE | 3);
        cpu.control.cr3 = PAGE_DIRECTORY;
        cpu.control.cr0 |= Cr0.PG | Cr0.WP;
        cpu.memory.pagingChanged();
    }

    DecodedInstruction decode(byte... bytes) {
        return Objects.requireNonNull(decoder.decode(bytes, 0, bytes.length, size), "decoder wants more bytes");
    }

    void execute(DecodedInstruction in) {
        in.handler().execute(cpu, in);
    }
}
