// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.bus.BusMaster;
import dev.synapic.machine.device.DeviceTime;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The transport and its queues, with the entropy device behind them: it fills each buffer that it gets. Sections are Virtio 1.2's. */
class VirtioPciTest {
    private static final long BUFFER = 0x10_0000;
    private static final long MESSAGE = 0xFEE0_0000L;

    private final AtomicLong random = new AtomicLong();
    private final MiniDriver driver = new MiniDriver(new VirtioEntropy(random::incrementAndGet));

    @AfterEach
    void close() {
        driver.close();
    }

    private void offerBuffer(int index, int length) {
        driver.descriptor(index, BUFFER + 0x1000L * index, length, MiniDriver.WRITE, 0);
        driver.offer(0, index);
    }

    private void message(int queueVector) {
        driver.vector(0, MESSAGE, 0x40, 0);
        driver.vector(1, MESSAGE, 0x41, 0);
        driver.enableMsix(0);
        driver.common(16, 2, 0);
        driver.common(22, 2, 0);
        driver.common(26, 2, queueVector);
    }

    @Test
    void itIsAModernDeviceByItsIds() {
        assertThat(driver.configuration(0, 4)).as("4.1.2: 0x1040 + 4").isEqualTo(0x1044_1AF4);
        assertThat(driver.configuration(8, 1)).as("4.1.2.1: revision 1").isEqualTo(1);
        assertThat(driver.offered()).isEqualTo(1L << 32 | 1 << 29 | 1 << 28);
        assertThat(driver.common(18, 2)).as("queues").isEqualTo(1);
        driver.common(22, 2, 5);
        assertThat(driver.common(24, 2))
                .as("4.1.4.3.1: size of a queue that is not there")
                .isZero();
    }

    @Test
    void featuresThatAreNotOfferedAreRefused() {
        driver.common(20, 1, 3);
        driver.accept(MiniDriver.VERSION_1 | 1);
        driver.common(20, 1, 11);
        assertThat(driver.status()).as("3.1.1 step 6").isEqualTo(3);
        driver.accept(MiniDriver.EVENT_IDX);
        driver.common(20, 1, 11);
        assertThat(driver.status()).as("6.1: VERSION_1 is needed").isEqualTo(3);
        driver.accept(MiniDriver.VERSION_1);
        driver.common(20, 1, 11);
        assertThat(driver.status()).isEqualTo(11);
    }

    /** 6: without it the driver would give addresses that the remapping unit does not know. */
    @Test
    void behindARemappingUnitItsAddressesAreNeeded() {
        try (MiniDriver translated = new MiniDriver(
                new VirtioEntropy(random::incrementAndGet), (address, write) -> address - 0x8000_0000L)) {
            assertThat(translated.offered() >>> 33 & 1).isEqualTo(1);
            translated.common(20, 1, 3);
            translated.accept(MiniDriver.VERSION_1);
            translated.common(20, 1, 11);
            assertThat(translated.status()).isEqualTo(3);
        }
    }

    @Test
    void aBufferIsUsedSomeTimeAfterTheNotification() {
        driver.start(0);
        offerBuffer(0, 16);
        driver.notify(0);
        assertThat(driver.usedIndex(0)).isZero();
        driver.time.pass(10 * DeviceTime.MICROSECOND);
        assertThat(driver.usedIndex(0)).isEqualTo(1);
        assertThat(driver.usedHead(0, 0)).isZero();
        assertThat(driver.usedLength(0, 0)).isEqualTo(16);
        assertThat(driver.ram.getLong(BUFFER)).isEqualTo(1);
        assertThat(driver.ram.getLong(BUFFER + 8)).isEqualTo(2);
    }

    @Test
    void whatWasOfferedBeforeTheDriverWasReadyIsUsedThen() {
        driver.prepare(0);
        offerBuffer(0, 8);
        driver.turn(0);
        assertThat(driver.usedIndex(0)).as("2.1.2: nothing before DRIVER_OK").isZero();
        driver.ready();
        driver.time.pass(DeviceTime.MILLISECOND);
        assertThat(driver.usedIndex(0)).isEqualTo(1);
    }

    @Test
    void aResetDisablesTheQueuesAndForgetsTheFeatures() {
        driver.start(MiniDriver.EVENT_IDX);
        offerBuffer(0, 8);
        driver.notify(0);
        driver.common(20, 1, 0);
        driver.time.pass(DeviceTime.MILLISECOND);
        assertThat(driver.status()).isZero();
        driver.common(22, 2, 0);
        assertThat(driver.common(28, 2)).as("queue_enable").isZero();
        assertThat(driver.common(12, 4)).as("driver_feature").isZero();
        assertThat(driver.usedIndex(0)).as("what was notified before").isZero();
    }

    @Test
    void theIndicesWrapRoundAt65536() {
        driver.start(MiniDriver.EVENT_IDX);
        for (int i = 0; i < 65_540; i++) {
            driver.setUsedEvent(0, i & 0xFFFF);
            offerBuffer(i % MiniDriver.RING, 1);
            driver.turn(0);
        }
        assertThat(driver.usedIndex(0)).isEqualTo(4);
        assertThat(driver.availableEvent(0)).isEqualTo(4);
        assertThat(driver.needsReset()).isFalse();
    }

    // ---- interrupts

    @Test
    void withoutMessagesThePinIsUpUntilTheIsrIsRead() {
        driver.start(0);
        offerBuffer(0, 8);
        driver.turn(0);
        assertThat(driver.interrupts).containsExactly("10+");
        assertThat(driver.isr()).as("4.1.4.5: bit 0, a queue").isEqualTo(1);
        assertThat(driver.isr()).isZero();
        assertThat(driver.interrupts).containsExactly("10+", "10-");
    }

    @Test
    void theFlagOfTheAvailableRingSuppressesInterrupts() {
        driver.start(0);
        driver.ram.putShort(MiniDriver.available(0), (short) 1);
        offerBuffer(0, 8);
        driver.turn(0);
        assertThat(driver.usedIndex(0)).isEqualTo(1);
        assertThat(driver.interrupts).as("2.7.7").isEmpty();
    }

    @Test
    void theUsedEventSaysWhichBufferInterrupts() {
        driver.start(MiniDriver.EVENT_IDX);
        driver.setUsedEvent(0, 2);
        offerBuffer(0, 8);
        driver.turn(0);
        offerBuffer(1, 8);
        driver.turn(0);
        assertThat(driver.interrupts).isEmpty();
        offerBuffer(2, 8);
        driver.turn(0);
        assertThat(driver.interrupts).as("2.7.7.1: the index passed 2").containsExactly("10+");
        assertThat(driver.availableEvent(0)).as("2.7.10: tell me of the next").isEqualTo(3);
    }

    @Test
    void severalBuffersOfOneTurnInterruptOnce() {
        message(1);
        driver.start(0);
        message(1);
        offerBuffer(0, 8);
        driver.notify(0);
        offerBuffer(1, 8);
        offerBuffer(2, 8);
        driver.time.pass(DeviceTime.MILLISECOND);
        assertThat(driver.usedIndex(0)).isEqualTo(3);
        assertThat(driver.interrupts).containsExactly("fee00000 41");
    }

    @Test
    void withMessagesThePinStaysDown() {
        driver.start(0);
        message(0xFFFF);
        offerBuffer(0, 8);
        driver.turn(0);
        assertThat(driver.interrupts).as("no vector, no message").isEmpty();
        driver.common(26, 2, 9);
        assertThat(driver.common(26, 2)).as("4.1.5.1.2: no such vector").isEqualTo(0xFFFF);
    }

    /** PCI 3.0, 6.8.2.9 and 6.8.3.4. */
    @Test
    void aMaskedVectorIsPendingAndIsSentOnceWhenItIsUnmasked() {
        driver.start(0);
        message(1);
        driver.mask(1, 1);
        offerBuffer(0, 8);
        driver.turn(0);
        offerBuffer(1, 8);
        driver.turn(0);
        assertThat(driver.interrupts).isEmpty();
        assertThat(driver.pending()).isEqualTo(2);
        driver.mask(1, 0);
        assertThat(driver.interrupts).containsExactly("fee00000 41");
        assertThat(driver.pending()).isZero();
    }

    @Test
    void theFunctionMaskMasksAllVectors() {
        driver.start(0);
        message(1);
        driver.enableMsix(0x4000);
        offerBuffer(0, 8);
        driver.turn(0);
        assertThat(driver.pending()).isEqualTo(2);
        driver.enableMsix(0);
        assertThat(driver.interrupts).containsExactly("fee00000 41");
    }

    @Test
    void vectorsAreMaskedAtFirst() {
        assertThat(driver.configuration(driver.msixCapability + 2, 2))
                .as("two vectors, off")
                .isEqualTo(1);
        driver.start(0);
        driver.enableMsix(0);
        driver.common(22, 2, 0);
        driver.common(26, 2, 1);
        offerBuffer(0, 8);
        driver.turn(0);
        assertThat(driver.pending()).isEqualTo(2);
    }

    // ---- what else there is

    @Test
    void theRegistersAreReachableThroughConfigurationSpace() {
        int window = driver.accessCapability;
        driver.configure(window + 4, 1, 4);
        driver.configure(window + 8, 4, 18);
        driver.configure(window + 12, 4, 2);
        assertThat(driver.configuration(window + 16, 2))
                .as("4.1.4.9: num_queues")
                .isEqualTo(1);
        driver.configure(window + 8, 4, 20);
        driver.configure(window + 12, 4, 1);
        driver.configure(window + 16, 1, 3);
        assertThat(driver.status()).isEqualTo(3);
        driver.configure(window + 8, 4, 0x7FFF_FFFF);
        driver.configure(window + 16, 1, 1);
        driver.configure(window + 12, 4, 3);
        driver.configure(window + 8, 4, 18);
        driver.configure(window + 16, 1, 1);
        assertThat(driver.status())
                .as("beyond the BAR, and three bytes wide: nothing happens")
                .isEqualTo(3);
    }

    @Test
    void nothingIsReadOrWrittenWhileTheGuestForbidsBusMastering() {
        driver.start(0);
        driver.configure(4, 2, 2);
        offerBuffer(0, 8);
        driver.turn(0);
        assertThat(driver.usedIndex(0)).isZero();
        driver.configure(4, 2, 6);
        driver.turn(0);
        assertThat(driver.usedIndex(0)).isEqualTo(1);
    }

    @Test
    void dmaGoesThroughTheTranslation() {
        BusMaster.Translation up =
                (address, write) -> address >= 0x8000_0000L ? address - 0x8000_0000L : BusMaster.REFUSED;
        try (MiniDriver translated = new MiniDriver(new VirtioEntropy(random::incrementAndGet), up)) {
            translated.start(1L << 33);
            translated.offer(0, 0);
            translated.turn(0);
            assertThat(translated.needsReset())
                    .as("rings at untranslated addresses")
                    .isTrue();
        }
    }

    /** 2.7.13.3: at most the ring is used in one turn, even where the device's own writes announce more buffers. */
    @Test
    void aDeviceThatFillsItsOwnAvailableRingDoesNotRunForEver() {
        driver.start(0);
        for (int i = 0; i < MiniDriver.RING; i++) {
            driver.descriptor(i, MiniDriver.available(0) + 2, 2, MiniDriver.WRITE, 0);
        }
        driver.offer(0, 0);
        driver.notify(0);
        driver.time.pass(DeviceTime.SECOND);
        assertThat(random.get()).isLessThan(200_000);
    }
}
