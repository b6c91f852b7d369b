// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

/**
 * Whether address line 20 is passed on, by the keyboard controller's output port and by port 0x92 alike. On at power-on, as firmware
 * leaves it. Not modelled: that addresses lose bit 20 while it is off. Threading: the machine's thread.
 */
public final class A20Gate {
    private boolean enabled = true;

    public boolean enabled() {
        return enabled;
    }

    public void set(boolean on) {
        enabled = on;
    }
}
