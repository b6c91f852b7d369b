// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.MmioPort;
import dev.synapic.machine.exits.ExitReason;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicMode;

/**
 * Physical addresses of one virtual CPU that are not RAM: its APIC's page while it is in xAPIC mode; nothing else answers yet.
 *
 * <p>The APIC's registers are 32 bits wide at multiples of 16 (SDM vol. 3A, 12.4.1); other accesses read parts of them, and writes
 * that are not aligned 32-bit ones are ignored.
 */
final class GuestMmio implements MmioPort {
    private static final int PAGE_MASK = 0xFFF;

    private final VcpuContext context;
    private final ApicVirtualization virtualization;

    GuestMmio(VcpuContext context, ApicVirtualization virtualization) {
        this.context = context;
        this.virtualization = virtualization;
    }

    @Override
    public long read(long gpa, int size) {
        int offset = (int) gpa & PAGE_MASK;
        if (!isApicPage(gpa)) {
            return inExit(ExitReason.EPT_MISCONFIG, gpa, -1L);
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
            inExit(ExitReason.EPT_MISCONFIG, gpa, 0);
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

    private long inExit(ExitReason reason, long gpa, long value) {
        context.exits().begin(reason, gpa);
        context.exits().end();
        context.cpu().requestStop();
        return value;
    }

    private boolean isApicPage(long gpa) {
        ApicBaseMsr base = new ApicBaseMsr(context.apic().apicBase());
        return base.mode() == ApicMode.XAPIC && (gpa & ~(long) PAGE_MASK) == base.base();
    }
}
