// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.vmbus.IntegrationMessage;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Linux, drivers/hv/hv_util.c, shutdown_onchannelcallback and struct shutdown_msg_data. */
class ShutdownTest {
    private final Shutdown shutdown = new Shutdown();

    @Test
    void requestWaitsForTheDriverAndIsSentOnce() {
        shutdown.ask();
        assertThat(shutdown.progress()).isEqualTo(Shutdown.Progress.WAITING);
        UtilDriver driver = UtilDriver.connected(shutdown, 3, 2);
        ByteBuffer message = driver.take(IntegrationMessage.TYPE_SHUTDOWN);
        assertThat(message.getInt(IntegrationMessage.BODY + 8))
                .as("0 or 1: to switch off; 2 would be a restart")
                .isEqualTo(1);
        assertThat(message.capacity()).as("Linux wants the whole structure").isGreaterThanOrEqualTo(28 + 2060);
        shutdown.ask();
        assertThat(driver.next()).isNull();
        assertThat(shutdown.progress()).isEqualTo(Shutdown.Progress.SENT);
        driver.answer(message, IntegrationMessage.STATUS_OK);
        assertThat(shutdown.progress()).isEqualTo(Shutdown.Progress.ACCEPTED);
    }

    @Test
    void guestMayRefuseAndMayBeAskedAgain() {
        UtilDriver driver = UtilDriver.connected(shutdown, 3, 2);
        shutdown.ask();
        driver.answer(driver.take(IntegrationMessage.TYPE_SHUTDOWN), IntegrationMessage.STATUS_FAIL);
        assertThat(shutdown.progress()).isEqualTo(Shutdown.Progress.REFUSED);
        shutdown.ask();
        driver.take(IntegrationMessage.TYPE_SHUTDOWN);
    }

    @Test
    void requestThatADriverTookWithItIsSentToTheNextOne() {
        UtilDriver driver = UtilDriver.connected(shutdown, 3, 2);
        shutdown.ask();
        driver.take(IntegrationMessage.TYPE_SHUTDOWN);
        driver.channel().close();
        driver.channel().open();
        driver.negotiate(3, 2);
        driver.take(IntegrationMessage.TYPE_SHUTDOWN);
    }
}
