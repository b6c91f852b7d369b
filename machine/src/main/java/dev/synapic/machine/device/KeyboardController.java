// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.interrupts.routing.InterruptLine;
import dev.synapic.machine.bus.IoDevice;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The keyboard controller at ports 0x60 and 0x64, with a keyboard that nobody types on and a mouse that nobody moves.
 *
 * <ul>
 *   <li>Models: an 8042: status, command byte, self and interface tests, output port with A20, reset pulse, output written by
 *       commands; a keyboard that answers reset, identify, echo, LEDs, scan code set, rate, enable and disable; {@link Ps2Mouse}; IRQ 1 and 12.
 *   <li>Spec: IBM PC AT Technical Reference, "keyboard controller"; IBM PS/2 Hardware Interface Technical Reference.
 *   <li>Not modelled: keys, movement, translation, controller memory beyond the command byte, the time that answers take.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class KeyboardController implements IoDevice {
    public static final int DATA_PORT = 0x60;
    public static final int COMMAND_PORT = 0x64;
    public static final int IRQ = 1;
    public static final int MOUSE_IRQ = 12;

    private static final int STATUS_OUTPUT_FULL = 1;
    private static final int STATUS_SYSTEM = 1 << 2;
    private static final int STATUS_COMMAND = 1 << 3;
    private static final int STATUS_UNLOCKED = 1 << 4;
    private static final int STATUS_AUXILIARY = 1 << 5;

    private static final int MODE_INTERRUPT = 1;
    private static final int MODE_MOUSE_INTERRUPT = 1 << 1;
    private static final int MODE_SYSTEM = 1 << 2;
    private static final int MODE_KEYBOARD_OFF = 1 << 4;
    private static final int MODE_MOUSE_OFF = 1 << 5;
    /** As a PC's firmware leaves it: interrupt on, translation, mouse off. */
    private static final int MODE_AT_START = 0x65;

    private static final int OUTPUT_NO_RESET = 1;
    private static final int OUTPUT_A20 = 1 << 1;
    private static final int OUTPUT_AT_START = 0xCD;

    private static final int READ_MODE = 0x20;
    private static final int WRITE_MODE = 0x60;
    private static final int MOUSE_OFF = 0xA7;
    private static final int MOUSE_ON = 0xA8;
    private static final int TEST_AUXILIARY = 0xA9;
    private static final int SELF_TEST = 0xAA;
    private static final int TEST_KEYBOARD = 0xAB;
    private static final int KEYBOARD_OFF = 0xAD;
    private static final int KEYBOARD_ON = 0xAE;
    private static final int READ_INPUT_PORT = 0xC0;
    private static final int READ_OUTPUT_PORT = 0xD0;
    private static final int WRITE_OUTPUT_PORT = 0xD1;
    private static final int WRITE_KEYBOARD_OUTPUT = 0xD2;
    private static final int WRITE_AUXILIARY_OUTPUT = 0xD3;
    private static final int WRITE_AUXILIARY = 0xD4;
    private static final int PULSE = 0xF0;

    private static final int SELF_TEST_PASSED = 0x55;
    private static final int KEYBOARD_UNLOCKED = 0x80;

    /** Marks a byte in the queue as the auxiliary device's. */
    private static final int AUXILIARY = 0x100;

    private final A20Gate a20;
    private final PowerPort power;
    private final InterruptLine line;
    private final InterruptLine mouseLine;
    private final ArrayDeque<Integer> output = new ArrayDeque<>();
    private final Keyboard keyboard = new Keyboard();
    private final Ps2Mouse mouse = new Ps2Mouse();

    private int mode;
    private int outputPort;
    private int argumentOf;
    private boolean lastWasCommand;
    private boolean asserted;
    private boolean mouseAsserted;

    /** Attach {@link #data} at 0x60 and this at 0x64. */
    public KeyboardController(A20Gate a20, PowerPort power, InterruptLine line, InterruptLine mouseLine) {
        this.a20 = a20;
        this.power = power;
        this.line = line;
        this.mouseLine = mouseLine;
        reset();
    }

    /** Port 0x60. */
    public IoDevice data() {
        return new IoDevice() {
            @Override
            public int in(int offset, int size) {
                return readData();
            }

            @Override
            public void out(int offset, int size, int value) {
                writeData(value);
            }

            @Override
            public int widestAccess() {
                return 1;
            }
        };
    }

    @Override
    public int widestAccess() {
        return 1;
    }

    /** The status register. */
    @Override
    public int in(int offset, int size) {
        Integer next = output.peek();
        int full = next == null ? 0 : STATUS_OUTPUT_FULL | ((next & AUXILIARY) != 0 ? STATUS_AUXILIARY : 0);
        return full | mode & MODE_SYSTEM & STATUS_SYSTEM | (lastWasCommand ? STATUS_COMMAND : 0) | STATUS_UNLOCKED;
    }

    /** A command. */
    @Override
    public void out(int offset, int size, int command) {
        lastWasCommand = true;
        argumentOf = 0;
        switch (command) {
            case READ_MODE -> put(mode);
            case SELF_TEST -> {
                mode |= MODE_SYSTEM;
                put(SELF_TEST_PASSED);
            }
            case TEST_KEYBOARD, TEST_AUXILIARY -> put(0);
            case MOUSE_OFF -> mode |= MODE_MOUSE_OFF;
            case MOUSE_ON -> mode &= ~MODE_MOUSE_OFF;
            case KEYBOARD_OFF -> mode |= MODE_KEYBOARD_OFF;
            case KEYBOARD_ON -> mode &= ~MODE_KEYBOARD_OFF;
            case READ_INPUT_PORT -> put(KEYBOARD_UNLOCKED);
            case READ_OUTPUT_PORT -> put(outputPort & ~OUTPUT_A20 | (a20.enabled() ? OUTPUT_A20 : 0));
            case WRITE_MODE, WRITE_OUTPUT_PORT, WRITE_KEYBOARD_OUTPUT, WRITE_AUXILIARY_OUTPUT, WRITE_AUXILIARY ->
                argumentOf = command;
            default -> {
                if ((command & PULSE) == PULSE && (command & OUTPUT_NO_RESET) == 0) {
                    pulseReset();
                }
            }
        }
        update();
    }

    private void pulseReset() {
        power.reset(PowerPort.Reset.PROCESSORS, "the keyboard controller");
    }

    /** The buffer is empty for a moment before the next byte, so that each byte has an edge of its own. */
    private int readData() {
        Integer first = output.poll();
        drive(false, false);
        update();
        return first == null ? 0 : first & 0xFF;
    }

    private void writeData(int value) {
        int command = argumentOf;
        lastWasCommand = false;
        argumentOf = 0;
        switch (command) {
            case WRITE_MODE -> mode = value;
            case WRITE_OUTPUT_PORT -> writeOutputPort(value);
            case WRITE_KEYBOARD_OUTPUT -> put(value);
            case WRITE_AUXILIARY_OUTPUT -> put(value | AUXILIARY);
            case WRITE_AUXILIARY -> {
                mode &= ~MODE_MOUSE_OFF;
                for (int answer : mouse.answer(value)) {
                    put(answer | AUXILIARY);
                }
            }
            default -> {
                mode &= ~MODE_KEYBOARD_OFF;
                for (int answer : keyboard.answer(value)) {
                    put(answer);
                }
            }
        }
        update();
    }

    private void writeOutputPort(int value) {
        outputPort = value;
        a20.set((value & OUTPUT_A20) != 0);
        if ((value & OUTPUT_NO_RESET) == 0) {
            pulseReset();
        }
    }

    private void put(int value) {
        output.add(value);
    }

    private void update() {
        Integer next = output.peek();
        boolean key = next != null && (next & AUXILIARY) == 0 && (mode & MODE_INTERRUPT) != 0;
        boolean movement = next != null && (next & AUXILIARY) != 0 && (mode & MODE_MOUSE_INTERRUPT) != 0;
        drive(key, movement);
    }

    private void drive(boolean key, boolean movement) {
        if (key != asserted) {
            asserted = key;
            line.set(key);
        }
        if (movement != mouseAsserted) {
            mouseAsserted = movement;
            mouseLine.set(movement);
        }
    }

    // ---- state

    public void reset() {
        output.clear();
        mode = MODE_AT_START;
        outputPort = OUTPUT_AT_START;
        argumentOf = 0;
        lastWasCommand = false;
        keyboard.restore(0);
        mouse.restore(new Ps2Mouse().save());
        update();
    }

    public KeyboardControllerState save() {
        return new KeyboardControllerState(
                KeyboardControllerState.CURRENT_VERSION,
                mode,
                outputPort,
                argumentOf,
                lastWasCommand,
                keyboard.save(),
                mouse.save(),
                a20.enabled(),
                List.copyOf(output));
    }

    public void restore(KeyboardControllerState state) {
        mode = state.mode();
        outputPort = state.outputPort();
        argumentOf = state.argumentOf();
        lastWasCommand = state.lastWasCommand();
        keyboard.restore(state.keyboard());
        mouse.restore(state.mouse());
        a20.set(state.a20());
        output.clear();
        output.addAll(state.output());
        update();
    }

    /** A keyboard's side of the conversation: each byte to it is acknowledged, a few ask for more. */
    private static final class Keyboard {
        private static final int ACKNOWLEDGE = 0xFA;
        private static final int TEST_PASSED = 0xAA;
        private static final int SET_LEDS = 0xED;
        private static final int ECHO = 0xEE;
        private static final int SCAN_CODE_SET = 0xF0;
        private static final int IDENTIFY = 0xF2;
        private static final int SET_RATE = 0xF3;
        private static final int RESET = 0xFF;
        private static final int SET_2 = 2;

        /** The command whose argument comes next, or 0. */
        private int waiting;

        int[] answer(int value) {
            int command = waiting;
            waiting = 0;
            if (command != 0) {
                boolean asksForSet = command == SCAN_CODE_SET && value == 0;
                return asksForSet ? new int[] {ACKNOWLEDGE, SET_2} : new int[] {ACKNOWLEDGE};
            }
            return switch (value) {
                case RESET -> new int[] {ACKNOWLEDGE, TEST_PASSED};
                // An MF2 keyboard's identification.
                case IDENTIFY -> new int[] {ACKNOWLEDGE, 0xAB, 0x83};
                case ECHO -> new int[] {ECHO};
                case SET_LEDS, SCAN_CODE_SET, SET_RATE -> {
                    waiting = value;
                    yield new int[] {ACKNOWLEDGE};
                }
                default -> new int[] {ACKNOWLEDGE};
            };
        }

        int save() {
            return waiting;
        }

        void restore(int saved) {
            waiting = saved;
        }
    }
}
