// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.vmbus.IntegrationMessage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What all integration services do; Linux, drivers/hv/channel_mgmt.c, vmbus_prep_negotiate_resp. */
class IntegrationServiceTest {
    private final UtilDriver.ManualClock clock = new UtilDriver.ManualClock();
    private final Heartbeat heartbeat = new Heartbeat(clock);

    @Test
    void hostNamesItsVersionsAndTheGuestChooses() {
        UtilDriver driver = new UtilDriver(heartbeat);
        ByteBuffer message = driver.take(IntegrationMessage.TYPE_NEGOTIATE);
        assertThat(message.getInt(0)).as("a pipe's data").isEqualTo(1);
        assertThat(message.getInt(4)).as("bytes behind the pipe's header").isEqualTo(20 + 8 + 4 * 4);
        assertThat(message.getShort(28)).as("framework versions").isEqualTo((short) 2);
        assertThat(message.getShort(30)).as("versions of messages").isEqualTo((short) 2);
        assertThat(message.getInt(36)).as("1.0").isEqualTo(1);
        assertThat(message.getInt(40)).as("3.0").isEqualTo(3);
        assertThat(heartbeat.agreedVersion()).isEmpty();
    }

    @Test
    void agreedVersionsStandInEveryMessage() {
        UtilDriver driver = UtilDriver.connected(new Shutdown(), 3, 2);
        UtilDriver beats = UtilDriver.connected(heartbeat, 3, 0);
        ByteBuffer beat = beats.take(IntegrationMessage.TYPE_HEARTBEAT);
        assertThat(beat.getInt(IntegrationMessage.FRAMEWORK_VERSION)).isEqualTo(3);
        assertThat(beat.getInt(IntegrationMessage.VERSION)).isEqualTo(3);
        assertThat(heartbeat.agreedVersion()).isEqualTo("3.0");
        assertThat(driver.next()).isNull();
    }

    @Test
    void guestWithoutACommonVersionIsLeftAlone() {
        UtilDriver driver = new UtilDriver(heartbeat);
        ByteBuffer message = driver.take(IntegrationMessage.TYPE_NEGOTIATE);
        message.putShort(IntegrationMessage.BODY, (short) 0).putShort(IntegrationMessage.BODY + 2, (short) 0);
        driver.answer(message, IntegrationMessage.STATUS_OK);
        assertThat(driver.next()).isNull();
        assertThat(heartbeat.isReady()).isFalse();
    }

    @Test
    void versionThatWasNotOfferedIsNoVersion() {
        assertThat(UtilDriver.connected(heartbeat, 9, 9).next()).isNull();
        assertThat(heartbeat.isReady()).isFalse();
    }

    @Test
    void answerToNothingIsCountedAndChangesNothing() {
        UtilDriver driver = UtilDriver.connected(heartbeat, 3, 0);
        ByteBuffer beat = driver.take(IntegrationMessage.TYPE_HEARTBEAT);
        beat.put(IntegrationMessage.TRANSACTION, (byte) (beat.get(IntegrationMessage.TRANSACTION) + 1));
        driver.answer(beat, IntegrationMessage.STATUS_OK);
        assertThat(heartbeat.mistakes()).isEqualTo(1);
        assertThat(heartbeat.answers()).isZero();
        driver.send(ByteBuffer.allocate(8));
        assertThat(heartbeat.mistakes()).isEqualTo(2);
    }

    /** Packets of any content to every service: nothing is thrown, and no answer makes more than one request. The seed is fixed. */
    @Test
    void anyPacketIsBorne() {
        Random random = new Random(20261127);
        long answers = 0;
        for (int round = 0; round < 40; round++) {
            KeyValueExchange exchange = new KeyValueExchange();
            Shutdown shutdown = new Shutdown();
            exchange.enumerate(KeyValueExchange.Pool.AUTO, answer -> {});
            shutdown.ask();
            List<IntegrationService> services = new ArrayList<>(List.of(exchange, shutdown));
            services.add(new Heartbeat(clock));
            services.add(new TimeSync(clock, () -> 0, 0));
            for (IntegrationService service : services) {
                UtilDriver driver = new UtilDriver(service);
                for (int i = 0; i < 60; i++) {
                    disturb(driver, random);
                    clock.advance(random.nextLong(3_000_000_000L));
                }
                assertThat(service.answers() + service.mistakes()).isLessThanOrEqualTo(60);
                answers += service.answers();
            }
        }
        assertThat(answers).as("some of it made sense").isPositive();
    }

    /** Answers the next message, if there is one, with some bytes changed; or sends anything. */
    private static void disturb(UtilDriver driver, Random random) {
        ByteBuffer message = driver.next();
        if (message == null || random.nextInt(8) == 0) {
            byte[] any = new byte[8 + random.nextInt(20) * 8];
            random.nextBytes(any);
            driver.send(ByteBuffer.wrap(any));
            return;
        }
        if (message.getShort(IntegrationMessage.TYPE) == IntegrationMessage.TYPE_NEGOTIATE) {
            int chosen = message.getInt(message.capacity() - 4);
            message.putShort(IntegrationMessage.BODY, (short) 1).putShort(IntegrationMessage.BODY + 2, (short) 1);
            message.putInt(IntegrationMessage.NEGOTIATE_VERSIONS + 4, chosen);
        }
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            int at = random.nextInt(4) == 0 ? random.nextInt(message.capacity()) : random.nextInt(64);
            message.put(Math.min(at, message.capacity() - 1), (byte) random.nextInt());
        }
        driver.answer(message, random.nextInt(3) == 0 ? random.nextInt() : 0);
    }
}
