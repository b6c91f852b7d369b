// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

/**
 * Where the flush hypercalls end: the TLBs of virtual processors. When a method returns, the flush has happened; to
 * flush more than was asked for is always right. Any vCPU's thread; VP indices are those of processors that exist.
 */
public interface TlbFlushPort {
    /** Processors without TLBs. */
    TlbFlushPort NONE = new TlbFlushPort() {
        @Override
        public void flushSpace(int vpIndex, long addressSpace, boolean keepGlobal) {}

        @Override
        public void flushPages(int vpIndex, long addressSpace, long gva, int pages) {}
    };

    /** All address spaces; no value of CR3. */
    long ALL_SPACES = -1;

    /**
     * Drops all translations of an address space, given by its CR3, or of {@link #ALL_SPACES}; keepGlobal: those of
     * global pages may stay.
     */
    void flushSpace(int vpIndex, long addressSpace, boolean keepGlobal);

    /** Drops the translations of 1 to 2^29 pages from gva on, which is the first byte of a page; also global ones. */
    void flushPages(int vpIndex, long addressSpace, long gva, int pages);
}
