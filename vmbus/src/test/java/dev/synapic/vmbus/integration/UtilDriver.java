// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.vmbus.IntegrationMessage;
import dev.synapic.spec.vmbus.RingLayout;
import dev.synapic.vmbus.GuestDriver;
import dev.synapic.vmbus.VmbusClock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An integration service's driver as Linux has it (drivers/hv/hv_util.c). */
final class UtilDriver {
    private final GuestDriver driver;

    /** Opens the channel. */
    UtilDriver(IntegrationService service) {
        driver = new GuestDriver(service);
    }

    /** The same, and agrees on the newest version. */
    static UtilDriver connected(IntegrationService service, int major, int minor) {
        UtilDriver driver = new UtilDriver(service);
        driver.negotiate(major, minor);
        return driver;
    }

    GuestDriver channel() {
        return driver;
    }

    /** The next message, from its pipe header on, or null. */
    @Nullable
    ByteBuffer next() {
        ByteBuffer packet = driver.get();
        return packet == null
                ? null
                : packet.slice(RingLayout.DESCRIPTOR_BYTES, packet.limit() - RingLayout.DESCRIPTOR_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The next message, which must be there and of that type. */
    ByteBuffer take(int type) {
        ByteBuffer message = next();
        assertThat(message).as("a message").isNotNull();
        assertThat((int) message.getShort(IntegrationMessage.TYPE)).as("type").isEqualTo(type);
        assertThat(message.get(IntegrationMessage.FLAGS))
                .as("a transaction's request")
                .isEqualTo((byte) 3);
        return message;
    }

    /** Sends it back as an answer. */
    void answer(ByteBuffer message, int status) {
        message.putInt(IntegrationMessage.STATUS, status);
        message.put(IntegrationMessage.FLAGS, (byte) 5);
        send(message);
    }

    void send(ByteBuffer message) {
        byte[] payload = new byte[message.capacity() + 7 & -8];
        message.get(0, payload, 0, message.capacity());
        driver.put(RingLayout.PACKET_DATA_INBAND, 0, 0, new byte[0], payload);
    }

    /** As vmbus_prep_negotiate_resp: the first two versions become those that are chosen, and the size is 16. */
    void negotiate(int major, int minor) {
        ByteBuffer message = take(IntegrationMessage.TYPE_NEGOTIATE);
        message.putShort(IntegrationMessage.BODY_BYTES, (short) 16);
        message.putShort(IntegrationMessage.BODY, (short) 1).putShort(IntegrationMessage.BODY + 2, (short) 1);
        message.putInt(IntegrationMessage.NEGOTIATE_VERSIONS, 3);
        message.putInt(IntegrationMessage.NEGOTIATE_VERSIONS + 4, minor << 16 | major);
        answer(message, IntegrationMessage.STATUS_OK);
    }

    /** Time that a test moves. */
    static final class ManualClock implements VmbusClock {
        private static final class Planned implements Timer {
            private final Runnable action;
            private long due = Long.MAX_VALUE;

            Planned(Runnable action) {
                this.action = action;
            }

            @Override
            public void set(long nanos) {
                due = nanos;
            }

            @Override
            public void cancel() {
                due = Long.MAX_VALUE;
            }
        }

        private final List<Planned> timers = new ArrayList<>();
        private long now;

        @Override
        public long nowNanos() {
            return now;
        }

        @Override
        public Timer timer(Runnable action) {
            Planned timer = new Planned(action);
            timers.add(timer);
            return timer;
        }

        void advance(long nanos) {
            now += nanos;
            for (Planned timer : timers) {
                if (timer.due <= now) {
                    timer.due = Long.MAX_VALUE;
                    timer.action.run();
                }
            }
        }

        boolean isQuiet() {
            return timers.stream().allMatch(timer -> timer.due == Long.MAX_VALUE);
        }
    }
}
