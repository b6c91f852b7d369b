// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.input;

import dev.synapic.spec.vmbus.KeyboardMessage;
import dev.synapic.spec.vmbus.RingLayout;
import dev.synapic.vmbus.VmbusChannel;
import dev.synapic.vmbus.VmbusDevice;
import dev.synapic.vmbus.VmbusPacket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A keyboard, whose keys the host presses.
 *
 * <ul>
 *   <li>Models: version 1.0, keys as codes of the PC's scan code set 1.
 *   <li>Spec: Linux, drivers/input/serio/hyperv-keyboard.c.
 *   <li>Not modelled: characters as Unicode; lights, which the driver may set and nobody sees.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class KeyboardDevice implements VmbusDevice {
    private static final UUID KEYBOARD = UUID.fromString("f912ad6d-2b17-48ea-bd65-f927a61c7684");
    private static final UUID INSTANCE = UUID.fromString("d34b2567-b9b6-42b9-8778-0a4ec0b955bf");
    private static final int RELEASE = 0x80;
    private static final int PREFIX_E0 = 0xE0;
    private static final int PREFIX_E1 = 0xE1;

    private @Nullable VmbusChannel channel;
    private boolean accepted;
    private int prefix;
    private long mistakes;

    @Override
    public String name() {
        return "keyboard";
    }

    @Override
    public UUID interfaceId() {
        return KEYBOARD;
    }

    @Override
    public UUID instanceId() {
        return INSTANCE;
    }

    @Override
    public void opened(VmbusChannel opened) {
        channel = opened;
    }

    @Override
    public void closed() {
        channel = null;
        accepted = false;
        prefix = 0;
    }

    /** Packets of the driver that made no sense. */
    public long mistakes() {
        return mistakes;
    }

    @Override
    public void received(VmbusChannel from, VmbusPacket packet) {
        ByteBuffer in = packet.payload();
        if (packet.wantsCompletion()) {
            from.complete(packet.transactionId(), new byte[0]);
        }
        if (packet.type() != RingLayout.PACKET_DATA_INBAND || in.remaining() < KeyboardMessage.REQUEST_BYTES) {
            mistakes++;
            return;
        }
        switch (in.getInt()) {
            case KeyboardMessage.PROTOCOL_REQUEST -> {
                accepted = in.getInt() == KeyboardMessage.VERSION_1_0;
                from.send(message(KeyboardMessage.PROTOCOL_RESPONSE, KeyboardMessage.RESPONSE_BYTES)
                        .putInt(accepted ? KeyboardMessage.ACCEPTED : 0)
                        .array());
            }
            case KeyboardMessage.LED_INDICATORS -> {
                // Nobody sees them.
            }
            default -> mistakes++;
        }
    }

    private static ByteBuffer message(int type, int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(type);
    }

    // ---- the host's side --------------------------------------------------------------------------------------------

    /** Whether a driver is there that takes keys. */
    public boolean isReady() {
        return accepted;
    }

    /**
     * A key goes down or up.
     *
     * @param makeCode of scan code set 1, 0x01 to 0x7F
     * @param info bits of {@link KeyboardMessage}: BREAK for up, E0 or E1 for a prefix
     * @return false where no driver is there, or it does not read what was sent before: the key is lost
     */
    public boolean key(int makeCode, int info) {
        VmbusChannel to = channel;
        return accepted
                && to != null
                && to.send(message(KeyboardMessage.EVENT, KeyboardMessage.EVENT_BYTES)
                        .putShort((short) makeCode)
                        .putShort((short) 0)
                        .putInt(info)
                        .array());
    }

    /** The next byte as a keyboard sends it in scan code set 1, prefixes and bit 7 for release included; false as {@link #key}. */
    public boolean scanCode(int code) {
        if (code == PREFIX_E0 || code == PREFIX_E1) {
            prefix = code == PREFIX_E0 ? KeyboardMessage.E0 : KeyboardMessage.E1;
            return accepted;
        }
        int info = prefix | ((code & RELEASE) != 0 ? KeyboardMessage.BREAK : 0);
        prefix = 0;
        return key(code & ~RELEASE & 0xFF, info);
    }
}
