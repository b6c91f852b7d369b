// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import java.util.List;

/**
 * All state of a keyboard controller, its keyboard and its mouse.
 *
 * @param argumentOf the command whose argument comes next at port 0x60, or 0
 * @param keyboard the keyboard's command whose argument comes next, or 0
 * @param mouse all of the mouse, as {@link Ps2Mouse} packs it
 * @param output bytes that wait at port 0x60; bit 8 marks the auxiliary device's
 */
public record KeyboardControllerState(
        int version,
        int mode,
        int outputPort,
        int argumentOf,
        boolean lastWasCommand,
        int keyboard,
        int mouse,
        boolean a20,
        List<Integer> output) {
    public static final int CURRENT_VERSION = 2;

    public KeyboardControllerState {
        StateVersions.check("keyboard controller", version, CURRENT_VERSION);
        output = List.copyOf(output);
    }
}
