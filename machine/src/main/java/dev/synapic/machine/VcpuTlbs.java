// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.cpu.Cpu;
import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.hyperv.TlbFlushPort;

/**
 * Flushes the TLBs of virtual CPUs for a hypercall. They know one address space each, and drop global pages too.
 *
 * <p>Nothing is charged for the kicks that a hypervisor would need to reach running processors.
 */
record VcpuTlbs(Vcpu[] vcpus) implements TlbFlushPort {
    /** From here on a range costs more than the TLB's contents. */
    private static final int MOST_PAGES = 32;

    @Override
    public void flushSpace(int vpIndex, long addressSpace, boolean keepGlobal) {
        vcpus[vpIndex].cpu().flushTlb();
    }

    @Override
    public void flushPages(int vpIndex, long addressSpace, long gva, int pages) {
        Cpu cpu = vcpus[vpIndex].cpu();
        if (pages > MOST_PAGES) {
            cpu.flushTlb();
            return;
        }
        for (int page = 0; page < pages; page++) {
            cpu.flushPage(gva + (long) page * GuestMemory.PAGE_SIZE);
        }
    }
}
