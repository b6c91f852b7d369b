// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.IoDevice;

/**
 * The reset control register at port 0xCF9, which is also the RESET_REG of the FADT.
 *
 * <ul>
 *   <li>Models: RST_CPU (bit 2), whose rise resets; SYS_RST (bit 1), which says how much; bit 3 is storage.
 *   <li>Spec: Intel PIIX3 data sheet (290550), "RC: reset control register"; ACPI 6.5, 4.8.3.6.
 *   <li>Not modelled: the power cycle that bit 3 asks for.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class ResetControl implements IoDevice {
    public static final int PORT = 0xCF9;
    /** What makes it reset the whole machine. */
    public static final int RESET_VALUE = 0x06;

    private static final int SYS_RST = 1 << 1;
    private static final int RST_CPU = 1 << 2;
    private static final int STORED = 0x0E;

    private final PowerPort power;
    private int value;

    public ResetControl(PowerPort power) {
        this.power = power;
    }

    @Override
    public int in(int offset, int size) {
        return value;
    }

    @Override
    public void out(int offset, int size, int written) {
        boolean rises = (value & RST_CPU) == 0 && (written & RST_CPU) != 0;
        value = written & STORED;
        if (rises) {
            boolean all = (value & SYS_RST) != 0;
            power.reset(all ? PowerPort.Reset.MACHINE : PowerPort.Reset.PROCESSORS, "port 0xcf9");
        }
    }

    @Override
    public int widestAccess() {
        return 1;
    }

    public void reset() {
        value = 0;
    }

    /** The register, which is all its state. */
    public int save() {
        return value;
    }

    public void restore(int saved) {
        value = saved & STORED;
    }
}
