// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.state;

/** MSRs that belong to the processor itself and are no segment base or control register. */
public final class SystemMsrs {
    /** Write back, write through, UC-, UC, twice (SDM vol. 3A, 13.12.4). */
    private static final long PAT_RESET = 0x0007_0406_0007_0406L;

    public long star;
    public long lstar;
    public long cstar;
    public long fmask;
    public long kernelGsBase;
    public int sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    public long pat;
    public int tscAux;

    public void reset() {
        star = 0;
        lstar = 0;
        cstar = 0;
        fmask = 0;
        kernelGsBase = 0;
        sysenterCs = 0;
        sysenterEsp = 0;
        sysenterEip = 0;
        pat = PAT_RESET;
        tscAux = 0;
    }
}
