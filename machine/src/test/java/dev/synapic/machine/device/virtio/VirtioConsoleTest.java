// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.device.DeviceTime;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Virtio 1.2, 5.3. */
class VirtioConsoleTest {
    private static final long BUFFER = 0x10_0000;
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;

    private final StringBuilder output = new StringBuilder();
    private final VirtioConsole console = new VirtioConsole(b -> output.append((char) b));
    private final MiniDriver driver = new MiniDriver(console);

    @AfterEach
    void close() {
        driver.close();
    }

    @Test
    void whatTheGuestWritesComesOutInOrder() {
        driver.start(0);
        driver.ram.putBytes(BUFFER, "hello, hvc0\n".getBytes(StandardCharsets.US_ASCII));
        driver.descriptor(MiniDriver.table(TRANSMIT), 0, BUFFER, 7, MiniDriver.NEXT, 1);
        driver.descriptor(MiniDriver.table(TRANSMIT), 1, BUFFER + 7, 5, 0, 0);
        driver.offer(TRANSMIT, 0);
        driver.turn(TRANSMIT);
        assertThat(output).hasToString("hello, hvc0\n");
        assertThat(driver.usedLength(TRANSMIT, 0)).isZero();
    }

    @Test
    void whatIsTypedFillsBuffersAsTheyCome() {
        driver.start(0);
        assertThat(console.ready()).isTrue();
        for (char c : "abcde".toCharArray()) {
            console.receive(c);
        }
        driver.descriptor(0, BUFFER, 3, MiniDriver.WRITE, 0);
        driver.offer(RECEIVE, 0);
        driver.turn(RECEIVE);
        assertThat(driver.usedLength(RECEIVE, 0)).isEqualTo(3);
        assertThat(driver.ram.getInt(BUFFER)).isEqualTo('a' | 'b' << 8 | 'c' << 16);
        driver.descriptor(1, BUFFER, 16, MiniDriver.WRITE, 0);
        driver.offer(RECEIVE, 1);
        driver.turn(RECEIVE);
        assertThat(driver.usedLength(RECEIVE, 1)).isEqualTo(2);
        assertThat(driver.ram.getShort(BUFFER)).isEqualTo((short) ('d' | 'e' << 8));
    }

    @Test
    void buffersThatWaitForKeysKeepNothingBusy() {
        driver.start(0);
        driver.descriptor(0, BUFFER, 3, MiniDriver.WRITE, 0);
        driver.offer(RECEIVE, 0);
        driver.notify(RECEIVE);
        driver.time.pass(DeviceTime.MILLISECOND);
        assertThat(driver.time.idle()).as("no timer polls").isTrue();
    }

    @Test
    void withoutADriverNothingIsKept() {
        console.receive('x');
        driver.start(0);
        assertThat(console.room()).isEqualTo(4096);
        for (int i = 0; i < 5000; i++) {
            console.receive('y');
        }
        assertThat(console.room()).isZero();
    }

    @Test
    void theEmergencyWriteNeedsNoQueue() {
        assertThat(driver.offered() >>> 2 & 1).as("5.3.3: EMERG_WRITE").isEqualTo(1);
        driver.device(8, 4, '!');
        assertThat(output).hasToString("!");
    }
}
