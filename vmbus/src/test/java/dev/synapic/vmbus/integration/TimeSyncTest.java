// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.vmbus.IntegrationMessage;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Linux, drivers/hv/hv_util.c, timesync_onchannelcallback and struct ictimesync_ref_data. */
class TimeSyncTest {
    private static final int BODY = IntegrationMessage.BODY;
    /** 2026-01-01, and what Windows' FILETIME says for it. */
    private static final long EPOCH_SECONDS = 1_767_225_600L;

    private static final long FILE_TIME = 134_116_992_000_000_000L;

    private final UtilDriver.ManualClock clock = new UtilDriver.ManualClock();
    private final TimeSync timeSync = new TimeSync(clock, () -> clock.nowNanos() / 100 + 42, EPOCH_SECONDS);

    @Test
    void firstMessageSetsTheClockAndSamplesFollowEveryFiveSeconds() {
        clock.advance(700);
        UtilDriver driver = UtilDriver.connected(timeSync, 4, 0);
        ByteBuffer sync = driver.take(IntegrationMessage.TYPE_TIME_SYNC);
        assertThat(sync.getLong(BODY)).as("parent time").isEqualTo(FILE_TIME + 7);
        assertThat(sync.getLong(BODY + 8)).as("reference time").isEqualTo(7 + 42);
        assertThat(sync.get(BODY + 16)).as("ICTIMESYNCFLAG_SYNC").isEqualTo((byte) 1);
        driver.answer(sync, IntegrationMessage.STATUS_OK);
        clock.advance(4_999_999_999L);
        assertThat(driver.next()).as("before its time").isNull();
        clock.advance(1);
        ByteBuffer sample = driver.take(IntegrationMessage.TYPE_TIME_SYNC);
        assertThat(sample.getLong(BODY)).isEqualTo(FILE_TIME + 7 + 50_000_000);
        assertThat(sample.get(BODY + 16)).as("ICTIMESYNCFLAG_SAMPLE").isEqualTo((byte) 2);
        driver.answer(sample, IntegrationMessage.STATUS_OK);
        assertThat(timeSync.answers()).isEqualTo(2);
    }

    @Test
    void guestThatDoesNotAnswerGetsNoMoreSamples() {
        UtilDriver.connected(timeSync, 4, 0).take(IntegrationMessage.TYPE_TIME_SYNC);
        assertThat(clock.isQuiet()).isTrue();
    }
}
