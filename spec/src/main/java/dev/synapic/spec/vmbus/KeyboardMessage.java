// SPDX-License-Identifier: Apache-2.0
package dev.synapic.spec.vmbus;

/**
 * Messages between a keyboard's driver and its host (Linux, drivers/input/serio/hyperv-keyboard.c), in the data of in-band
 * packets: 32 bits of type, then the fields.
 *
 * <pre>
 *  request   4: version, 32 bits
 *  response  4: status, 32 bits
 *  event     4: make code, 16 bits, 8: what is special about it, 32 bits
 * </pre>
 */
public final class KeyboardMessage {
    public static final int PROTOCOL_REQUEST = 1;
    public static final int PROTOCOL_RESPONSE = 2;
    public static final int EVENT = 3;
    public static final int LED_INDICATORS = 4;

    public static final int REQUEST_BYTES = 8;
    public static final int RESPONSE_BYTES = 8;
    public static final int EVENT_BYTES = 12;

    /** Major number in 31:16, minor number in 15:0. */
    public static final int VERSION_1_0 = 1 << 16;

    /** Bit of a response's status. */
    public static final int ACCEPTED = 1;

    /** Bits of an event. */
    public static final int UNICODE = 1;

    public static final int BREAK = 1 << 1;
    public static final int E0 = 1 << 2;
    public static final int E1 = 1 << 3;

    private KeyboardMessage() {}
}
