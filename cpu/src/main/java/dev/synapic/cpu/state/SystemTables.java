// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cpu.state;

/** GDTR and IDTR. */
public final class SystemTables {
    public long gdtBase;
    public int gdtLimit;
    public long idtBase;
    public int idtLimit;

    public void reset() {
        gdtBase = 0;
        gdtLimit = 0xFFFF;
        idtBase = 0;
        idtLimit = 0xFFFF;
    }
}
