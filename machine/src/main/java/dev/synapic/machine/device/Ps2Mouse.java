// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

/**
 * A mouse's side of the conversation with its driver; nobody moves it.
 *
 * <ul>
 *   <li>Models: a PS/2 mouse with two buttons: reset, identification, status, packets on request, wrap mode.
 *   <li>Spec: IBM PS/2 Hardware Interface Technical Reference, "auxiliary device commands".
 *   <li>Not modelled: movement, so no packet is sent unasked; the extensions of mice with wheels.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
final class Ps2Mouse {
    private static final int ACKNOWLEDGE = 0xFA;
    private static final int TEST_PASSED = 0xAA;
    private static final int ID = 0x00;
    private static final int SET_RESOLUTION = 0xE8;
    private static final int STATUS_REQUEST = 0xE9;
    private static final int READ_DATA = 0xEB;
    private static final int RESET_WRAP = 0xEC;
    private static final int SET_WRAP = 0xEE;
    private static final int REMOTE_MODE = 0xF0;
    private static final int IDENTIFY = 0xF2;
    private static final int SET_RATE = 0xF3;
    private static final int ENABLE = 0xF4;
    private static final int DISABLE = 0xF5;
    private static final int DEFAULTS = 0xF6;
    private static final int RESET = 0xFF;
    private static final int STREAM_MODE = 0xEA;
    private static final int SCALING_2 = 0xE7;
    private static final int SCALING_1 = 0xE6;

    private static final int STATUS_REMOTE = 1 << 6;
    private static final int STATUS_ENABLED = 1 << 5;
    private static final int STATUS_SCALING_2 = 1 << 4;
    /** 4 counts per mm, 100 samples a second. */
    private static final int RESOLUTION_AT_START = 2, RATE_AT_START = 100;
    /** Neither button, no movement; bit 3 is always set in a packet's first byte. */
    private static final int[] STILL = {ACKNOWLEDGE, 0x08, 0, 0};

    private static final int BYTE = 8;

    private int status;
    private int resolution;
    private int rate;
    /** The command whose argument comes next, SET_WRAP in wrap mode, or 0. */
    private int waiting;

    Ps2Mouse() {
        defaults();
    }

    private void defaults() {
        status = 0;
        resolution = RESOLUTION_AT_START;
        rate = RATE_AT_START;
    }

    int[] answer(int value) {
        if (waiting == SET_WRAP && value != RESET && value != RESET_WRAP) {
            return new int[] {value};
        }
        int command = waiting;
        waiting = 0;
        if (command == SET_RESOLUTION) {
            resolution = value & 3;
            return new int[] {ACKNOWLEDGE};
        }
        if (command == SET_RATE) {
            rate = value;
            return new int[] {ACKNOWLEDGE};
        }
        return switch (value) {
            case RESET -> {
                defaults();
                yield new int[] {ACKNOWLEDGE, TEST_PASSED, ID};
            }
            case IDENTIFY -> new int[] {ACKNOWLEDGE, ID};
            case STATUS_REQUEST -> new int[] {ACKNOWLEDGE, status, resolution, rate};
            case READ_DATA -> STILL.clone();
            default -> {
                set(value);
                yield new int[] {ACKNOWLEDGE};
            }
        };
    }

    private void set(int command) {
        switch (command) {
            case SET_RESOLUTION, SET_RATE, SET_WRAP -> waiting = command;
            case DEFAULTS -> defaults();
            case ENABLE -> status |= STATUS_ENABLED;
            case DISABLE -> status &= ~STATUS_ENABLED;
            case REMOTE_MODE -> status |= STATUS_REMOTE;
            case STREAM_MODE -> status &= ~STATUS_REMOTE;
            case SCALING_2 -> status |= STATUS_SCALING_2;
            case SCALING_1 -> status &= ~STATUS_SCALING_2;
            default -> {
                // Acknowledged, and nothing follows from it.
            }
        }
    }

    /** All of it in one number. */
    int save() {
        return waiting | status << BYTE | resolution << 2 * BYTE | rate << 3 * BYTE;
    }

    void restore(int saved) {
        waiting = saved & 0xFF;
        status = saved >>> BYTE & 0xFF;
        resolution = saved >>> 2 * BYTE & 0xFF;
        rate = saved >>> 3 * BYTE;
    }
}
