// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.MmioPort;
import dev.synapic.machine.bus.MmioBus;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicMode;

/**
 * Physical addresses of one virtual CPU that are not RAM: its APIC's page while it is in xAPIC mode, else
 * what is on the bus.
 *
 * <p>The APIC's registers are 32 bits wide at multiples of 16 (SDM vol. 3A, 12.4.1); other accesses read parts of them, and writes
 * that are not aligned 32-bit ones are ignored.
 */
final class GuestMmio implements MmioPort {
    private static final int PAGE_MASK = 0xFFF;

    private final VcpuContext context;
    private final ApicVirtualization virtualization;
    private final MmioBus bus;

    GuestMmio(VcpuContext context, ApicVirtualization virtualization, MmioBus bus) {
        this.context = context;
        this.virtualization = virtualization;
        this.bus = bus;
    }

    @Override
    public long read(long gpa, int size) {
        int offset = (int) gpa & PAGE_MASK;
        if (!isApicPage(gpa)) {
            return readBus(gpa, size);
        }
        ExitReason reason = virtualization.pageRead(offset);
        if (reason != null) {
            context.exits().begin(reason, offset);
        }
        long value = (context.apic().readRegister(offset & ~0xF) & 0xFFFF_FFFFL) >>> (offset & 3) * 8;
        if (reason != null) {
            context.exits().end();
        }
        context.cpu().requestStop();
        return size >= 4 ? value : value & (1L << size * 8) - 1;
    }

    @Override
    public void write(long gpa, int size, long value) {
        int offset = (int) gpa & PAGE_MASK;
        if (!isApicPage(gpa)) {
            writeBus(gpa, size, value);
            return;
        }
        ExitReason reason = virtualization.pageWrite(offset, (int) value);
        if (reason != null) {
            context.exits().begin(reason, offset);
        }
        if (size == 4 && (offset & 0xF) == 0) {
            context.apic().writeRegister(offset, (int) value);
        }
        if (reason != null) {
            context.exits().end();
        }
        context.cpu().requestStop();
    }

    private long readBus(long gpa, int size) {
        context.exits().begin(ExitReason.EPT_MISCONFIG, gpa);
        long value = bus.read(gpa, size);
        context.exits().end();
        context.cpu().requestStop();
        return value;
    }

    private void writeBus(long gpa, int size, long value) {
        context.exits().begin(ExitReason.EPT_MISCONFIG, gpa);
        bus.write(gpa, size, value);
        context.exits().end();
        context.cpu().requestStop();
    }

    private boolean isApicPage(long gpa) {
        ApicBaseMsr base = new ApicBaseMsr(context.apic().apicBase());
        return base.mode() == ApicMode.XAPIC && (gpa & ~(long) PAGE_MASK) == base.base();
    }
}
