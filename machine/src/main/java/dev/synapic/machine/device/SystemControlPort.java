// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.IoDevice;

/**
 * System control port A.
 *
 * <ul>
 *   <li>Models: bit 1 (A20), bit 0 (fast INIT: its rise resets the processors, and it stays set until it is written).
 *   <li>Spec: Intel PIIX3 data sheet (290550), "port 92h".
 *   <li>Not modelled: lights, the password lock.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class SystemControlPort implements IoDevice {
    public static final int PORT = 0x92;
    private static final int FAST_INIT = 1;
    private static final int A20 = 1 << 1;

    private final A20Gate a20;
    private final PowerPort power;
    private int init;

    public SystemControlPort(A20Gate a20, PowerPort power) {
        this.a20 = a20;
        this.power = power;
    }

    @Override
    public int in(int offset, int size) {
        return init | (a20.enabled() ? A20 : 0);
    }

    @Override
    public void out(int offset, int size, int value) {
        boolean rises = (value & FAST_INIT & ~init) != 0;
        init = value & FAST_INIT;
        a20.set((value & A20) != 0);
        if (rises) {
            power.reset(PowerPort.Reset.PROCESSORS, "port 0x92");
        }
    }

    @Override
    public int widestAccess() {
        return 1;
    }

    public void reset() {
        init = 0;
        a20.set(true);
    }

    /** Bit 0, which is all its own state. */
    public int save() {
        return init;
    }

    public void restore(int saved) {
        init = saved & FAST_INIT;
    }
}
