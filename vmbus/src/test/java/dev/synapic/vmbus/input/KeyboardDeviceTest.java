// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.vmbus.GuestDriver;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** As drivers/input/serio/hyperv-keyboard.c has it. */
class KeyboardDeviceTest {
    private final KeyboardDevice keyboard = new KeyboardDevice();
    private final GuestDriver guest = new GuestDriver(keyboard);

    private int negotiate(int version) {
        guest.send(9, GuestDriver.little(8).putInt(1).putInt(version).array());
        guest.completion(9);
        ByteBuffer response = guest.get();
        assertThat(response).isNotNull();
        assertThat(response.getShort(0)).as("in-band data").isEqualTo((short) 6);
        assertThat(response.getInt(16)).as("SYNTH_KBD_PROTOCOL_RESPONSE").isEqualTo(2);
        return response.getInt(20);
    }

    private void assertEvent(int makeCode, int info) {
        ByteBuffer event = guest.get();
        assertThat(event).isNotNull();
        assertThat(event.getInt(16)).as("SYNTH_KBD_EVENT").isEqualTo(3);
        assertThat(event.getShort(20)).as("make code").isEqualTo((short) makeCode);
        assertThat(event.getInt(24)).as("info").isEqualTo(info);
    }

    /** hv_kbd_connect_to_vsp: PROTOCOL_ACCEPTED is bit 0. */
    @Test
    void version10IsAcceptedAndNoOther() {
        assertThat(negotiate(2 << 16)).isZero();
        assertThat(keyboard.isReady()).isFalse();
        assertThat(negotiate(1 << 16)).isEqualTo(1);
        assertThat(keyboard.isReady()).isTrue();
    }

    /** hv_kbd_on_receive: IS_BREAK is bit 1, IS_E0 bit 2, IS_E1 bit 3. */
    @Test
    void keysAreEventsWithMakeCodes() {
        negotiate(1 << 16);
        assertThat(keyboard.key(0x1E, 0)).isTrue();
        assertEvent(0x1E, 0);
        for (int code : new int[] {0x1E, 0x9E, 0xE0, 0x48, 0xE0, 0xC8, 0xE1, 0x1D}) {
            assertThat(keyboard.scanCode(code)).isTrue();
        }
        assertEvent(0x1E, 0);
        assertEvent(0x1E, 2);
        assertEvent(0x48, 4);
        assertEvent(0x48, 6);
        assertEvent(0x1D, 8);
    }

    @Test
    void keysAreLostWithoutADriver() {
        assertThat(keyboard.key(0x1E, 0)).isFalse();
        negotiate(1 << 16);
        guest.close();
        assertThat(keyboard.scanCode(0x1E)).isFalse();
        guest.open();
        assertThat(keyboard.isReady()).as("before it has negotiated again").isFalse();
    }

    @Test
    void driverThatDoesNotReadLosesKeysAndNothingElse() {
        negotiate(1 << 16);
        int taken = 0;
        while (keyboard.key(1 + taken % 0x7F, 0)) {
            taken++;
        }
        assertThat(taken).isBetween(300, 1000);
        assertEvent(1, 0);
    }

    @Test
    void messagesThatMakeNoSenseAreCounted() {
        guest.send(1, new byte[0]);
        guest.completion(1);
        guest.send(2, GuestDriver.little(8).putInt(77).array());
        guest.completion(2);
        guest.send(3, GuestDriver.little(8).putInt(4).array());
        guest.completion(3);
        assertThat(guest.get()).isNull();
        assertThat(keyboard.mistakes()).isEqualTo(2);
    }
}
