// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.vmbus.IntegrationMessage;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Linux, drivers/hv/hv_util.c, heartbeat_onchannelcallback: every two seconds; the guest adds 1. */
class HeartbeatTest {
    private static final int BODY = IntegrationMessage.BODY;

    private final UtilDriver.ManualClock clock = new UtilDriver.ManualClock();
    private final Heartbeat heartbeat = new Heartbeat(clock);
    private final UtilDriver driver = UtilDriver.connected(heartbeat, 3, 0);

    private void answer(long more) {
        ByteBuffer beat = driver.take(IntegrationMessage.TYPE_HEARTBEAT);
        beat.putLong(BODY, beat.getLong(BODY) + more);
        driver.answer(beat, IntegrationMessage.STATUS_OK);
    }

    @Test
    void guestIsAskedEveryTwoSecondsAndItsNumberGoesUp() {
        for (int i = 0; i < 5; i++) {
            answer(1);
            assertThat(heartbeat.sequence()).isEqualTo(i + 1);
            clock.advance(1_999_999_999L);
            assertThat(driver.next()).as("before its time").isNull();
            clock.advance(1);
        }
        assertThat(driver.take(IntegrationMessage.TYPE_HEARTBEAT).getLong(BODY)).isEqualTo(5);
    }

    /** A machine where nothing else can happen must be seen to be dead. */
    @Test
    void guestThatDoesNotAnswerIsNotAskedAgainAndNothingIsPlanned() {
        clock.advance(10_000_000_000L);
        driver.take(IntegrationMessage.TYPE_HEARTBEAT);
        clock.advance(10_000_000_000L);
        assertThat(driver.next()).isNull();
        assertThat(clock.isQuiet()).isTrue();
    }

    @Test
    void wrongNumberIsCountedAndTheNextBeatComesAllTheSame() {
        answer(2);
        assertThat(heartbeat.sequence()).isZero();
        assertThat(heartbeat.wrong()).isEqualTo(1);
        clock.advance(Heartbeat.PERIOD_NANOS);
        answer(1);
        assertThat(heartbeat.sequence()).isEqualTo(1);
    }

    @Test
    void closedChannelEndsTheBeatsAndAnOpenOneBeginsThemAgain() {
        answer(1);
        driver.channel().close();
        assertThat(clock.isQuiet()).isTrue();
        assertThat(heartbeat.isReady()).isFalse();
        driver.channel().open();
        driver.negotiate(3, 0);
        answer(1);
        assertThat(heartbeat.sequence()).isEqualTo(2);
    }
}
