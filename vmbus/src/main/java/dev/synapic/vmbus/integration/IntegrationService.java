// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import dev.synapic.spec.vmbus.IntegrationMessage;
import dev.synapic.spec.vmbus.RingLayout;
import dev.synapic.vmbus.VmbusChannel;
import dev.synapic.vmbus.VmbusDevice;
import dev.synapic.vmbus.VmbusPacket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What the integration services have in common.
 *
 * <ul>
 *   <li>Models: negotiation of versions when the guest has opened the channel; requests and their answers. One request is
 *       on its way at most: Linux keeps one message only (drivers/hv/hv_kvp.c), and a guest that is dead gets no more.
 *   <li>Spec: Linux, include/linux/hyperv.h and drivers/hv/channel_mgmt.c, vmbus_prep_negotiate_resp.
 *   <li>Not modelled: a guest's own requests, of which there are none.
 *   <li>An answer that fits no request is counted and changes nothing.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public abstract sealed class IntegrationService implements VmbusDevice
        permits Heartbeat, KeyValueExchange, Shutdown, TimeSync {
    /** Of messages; 3 is what guests have since Windows 7, 1 what was before. */
    private static final int[] FRAMEWORK_VERSIONS = {version(1, 0), version(3, 0)};

    private static final int VERSION_BYTES = 4;

    private enum State {
        CLOSED,
        NEGOTIATING,
        /** The guest has no version in common with us. */
        UNSUITABLE,
        IDLE,
        WAITING
    }

    private final int type;
    private final int[] versions;
    private State state = State.CLOSED;
    private @Nullable VmbusChannel channel;
    private int frameworkVersion;
    private int version;
    private int transaction;
    private long answers;
    private long mistakes;

    /** type is one of IntegrationMessage.TYPE_*; versions of its messages that are understood. */
    IntegrationService(int type, int... versions) {
        this.type = type;
        this.versions = versions.clone();
    }

    /** As packed in messages: the first half is the major number. */
    static int version(int major, int minor) {
        return minor << 16 | major;
    }

    // ---- what a service does

    /** Versions are agreed; requests may be sent. */
    abstract void ready();

    /** The guest's answer to the last request; body is little-endian and of any length. Another request may be sent. */
    abstract void answered(int status, ByteBuffer body);

    /** Nothing can be sent any more, and the last request, if it waits, will not be answered. */
    abstract void gone();

    // ---- what a service uses

    /** A message with room for so many bytes of body, at whose begin it stands. It may be sent again and again. */
    static ByteBuffer message(int bodyBytes) {
        return ByteBuffer.allocate(IntegrationMessage.BODY + bodyBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(IntegrationMessage.BODY);
    }

    /** Whether a request may be sent now. */
    final boolean isIdle() {
        return state == State.IDLE;
    }

    /** Sends a request; false where that is not possible now. */
    final boolean request(ByteBuffer message) {
        if (state != State.IDLE || !send(type, message)) {
            return false;
        }
        state = State.WAITING;
        return true;
    }

    private boolean send(int messageType, ByteBuffer message) {
        VmbusChannel open = channel;
        if (open == null) {
            return false;
        }
        transaction = transaction + 1 & 0xFF;
        int bytes = message.capacity();
        message.putInt(IntegrationMessage.PIPE_TYPE, IntegrationMessage.PIPE_TYPE_DATA)
                .putInt(IntegrationMessage.PIPE_BYTES, bytes - IntegrationMessage.FRAMEWORK_VERSION)
                .putInt(IntegrationMessage.FRAMEWORK_VERSION, frameworkVersion)
                .putShort(IntegrationMessage.TYPE, (short) messageType)
                .putInt(IntegrationMessage.VERSION, version)
                .putShort(IntegrationMessage.BODY_BYTES, (short) (bytes - IntegrationMessage.BODY))
                .putInt(IntegrationMessage.STATUS, IntegrationMessage.STATUS_OK)
                .put(IntegrationMessage.TRANSACTION, (byte) transaction)
                .put(IntegrationMessage.FLAGS, (byte)
                        (IntegrationMessage.FLAG_TRANSACTION | IntegrationMessage.FLAG_REQUEST));
        byte[] payload = new byte[bytes];
        message.get(0, payload);
        return open.send(payload);
    }

    // ---- the bus's side

    @Override
    public final boolean isMessagePipe() {
        return true;
    }

    @Override
    public final void opened(VmbusChannel opened) {
        channel = opened;
        frameworkVersion = 0;
        version = 0;
        ByteBuffer negotiation = message(8 + (FRAMEWORK_VERSIONS.length + versions.length) * VERSION_BYTES);
        negotiation
                .putShort((short) FRAMEWORK_VERSIONS.length)
                .putShort((short) versions.length)
                .putInt(0);
        for (int known : FRAMEWORK_VERSIONS) {
            negotiation.putInt(known);
        }
        for (int known : versions) {
            negotiation.putInt(known);
        }
        state = State.NEGOTIATING;
        send(IntegrationMessage.TYPE_NEGOTIATE, negotiation);
    }

    @Override
    public final void closed() {
        channel = null;
        state = State.CLOSED;
        gone();
    }

    @Override
    public final void received(VmbusChannel from, VmbusPacket packet) {
        ByteBuffer in = packet.payload();
        boolean negotiating = state == State.NEGOTIATING;
        boolean awaited = negotiating || state == State.WAITING;
        int expected = negotiating ? IntegrationMessage.TYPE_NEGOTIATE : type;
        if (!awaited || packet.type() != RingLayout.PACKET_DATA_INBAND || !answers(in, expected)) {
            mistakes++;
            return;
        }
        int status = in.getInt(IntegrationMessage.STATUS);
        int bodyBytes = Short.toUnsignedInt(in.getShort(IntegrationMessage.BODY_BYTES));
        if (negotiating) {
            agree(in);
        } else {
            state = State.IDLE;
            answers++;
            answered(status, in.slice(IntegrationMessage.BODY, bodyBytes).order(ByteOrder.LITTLE_ENDIAN));
        }
    }

    private boolean answers(ByteBuffer in, int expected) {
        if (in.remaining() < IntegrationMessage.BODY) {
            return false;
        }
        int bodyBytes = Short.toUnsignedInt(in.getShort(IntegrationMessage.BODY_BYTES));
        return bodyBytes <= in.remaining() - IntegrationMessage.BODY
                && in.getShort(IntegrationMessage.TYPE) == expected
                && (in.get(IntegrationMessage.FLAGS) & IntegrationMessage.FLAG_RESPONSE) != 0
                && (in.get(IntegrationMessage.TRANSACTION) & 0xFF) == transaction;
    }

    /** One version of each kind, of those that were offered, or the guest has none. */
    private void agree(ByteBuffer in) {
        if (in.remaining() < IntegrationMessage.NEGOTIATE_VERSIONS + 2 * VERSION_BYTES
                || in.getShort(IntegrationMessage.BODY) != 1
                || in.getShort(IntegrationMessage.BODY + 2) != 1) {
            state = State.UNSUITABLE;
            return;
        }
        int framework = in.getInt(IntegrationMessage.NEGOTIATE_VERSIONS);
        int chosen = in.getInt(IntegrationMessage.NEGOTIATE_VERSIONS + VERSION_BYTES);
        if (!contains(FRAMEWORK_VERSIONS, framework) || !contains(versions, chosen)) {
            state = State.UNSUITABLE;
            return;
        }
        frameworkVersion = framework;
        version = chosen;
        state = State.IDLE;
        ready();
    }

    private static boolean contains(int[] all, int wanted) {
        for (int one : all) {
            if (one == wanted) {
                return true;
            }
        }
        return false;
    }

    // ---- for reports

    /** Whether the guest's driver is there and has agreed on versions. */
    public final boolean isReady() {
        return state == State.IDLE || state == State.WAITING;
    }

    /** Requests that the guest has answered since power-on. */
    public final long answers() {
        return answers;
    }

    /** Packets of the guest that answered nothing. */
    public final long mistakes() {
        return mistakes;
    }

    /** The version of messages as 4.0, or empty before versions are agreed. */
    public final String agreedVersion() {
        return isReady() ? (version & 0xFFFF) + "." + (version >>> 16) : "";
    }
}
