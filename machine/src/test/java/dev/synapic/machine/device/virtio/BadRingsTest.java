// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.machine.block.MemoryStore;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a driver writes, the worst that comes of it is DEVICE_NEEDS_RESET (Virtio 1.2, 2.1.2). */
class BadRingsTest {
    private static final long BUFFER = 0x10_0000;
    private static final int NEXT = MiniDriver.NEXT;
    private static final int WRITE = MiniDriver.WRITE;
    private static final int INDIRECT = MiniDriver.INDIRECT;

    private final MiniDriver driver = new MiniDriver(new VirtioEntropy(() -> -1));

    @AfterEach
    void close() {
        driver.close();
    }

    private static Arguments bad(String what, Consumer<MiniDriver> chain) {
        return Arguments.of(what, chain);
    }

    static Stream<Arguments> chains() {
        return Stream.of(
                bad("a chain that is a loop", d -> d.descriptor(0, BUFFER, 1, WRITE | NEXT, 0)),
                bad("a loop of two", d -> {
                    d.descriptor(0, BUFFER, 1, WRITE | NEXT, 1);
                    d.descriptor(1, BUFFER, 1, WRITE | NEXT, 0);
                }),
                bad("a link beyond the table", d -> d.descriptor(0, BUFFER, 1, WRITE | NEXT, 8)),
                bad("a buffer beyond memory", d -> d.descriptor(0, 0x7000_0000, 1, WRITE, 0)),
                bad("a buffer at the end of all addresses", d -> d.descriptor(0, -4, 64, WRITE, 0)),
                bad(
                        "a buffer that begins in memory and ends beyond",
                        d -> d.descriptor(0, (4 << 20) - 4, 64, WRITE, 0)),
                bad("a chain of more than 4 GiB", d -> {
                    d.descriptor(0, BUFFER, -1, WRITE | NEXT, 1);
                    d.descriptor(1, BUFFER, -1, WRITE, 0);
                }),
                bad("a buffer to read behind one to write", d -> {
                    d.descriptor(0, BUFFER, 8, WRITE | NEXT, 1);
                    d.descriptor(1, BUFFER, 8, 0, 0);
                }),
                bad("an indirect table of no entries", d -> d.descriptor(0, BUFFER, 0, INDIRECT, 0)),
                bad("an indirect table of half an entry", d -> d.descriptor(0, BUFFER, 24, INDIRECT, 0)),
                bad("an indirect table longer than the queue", d -> d.descriptor(0, BUFFER, 9 * 16, INDIRECT, 0)),
                bad("an indirect table beyond memory", d -> d.descriptor(0, 0x7000_0000, 16, INDIRECT, 0)),
                bad("an indirect table that goes on", d -> {
                    d.descriptor(0, BUFFER, 16, INDIRECT | NEXT, 1);
                    d.descriptor(BUFFER, 0, BUFFER, 8, WRITE, 0);
                }),
                bad("an indirect table in an indirect table", d -> {
                    d.descriptor(0, BUFFER, 16, INDIRECT, 0);
                    d.descriptor(BUFFER, 0, BUFFER, 16, INDIRECT, 0);
                }),
                bad("a loop in an indirect table", d -> {
                    d.descriptor(0, BUFFER, 32, INDIRECT, 0);
                    d.descriptor(BUFFER, 0, BUFFER, 8, WRITE | NEXT, 0);
                }),
                bad("a head beyond the table", d -> d.ram.putShort(MiniDriver.available(0) + 4, (short) 8)),
                bad("nothing to write", d -> d.descriptor(0, BUFFER, 8, 0, 0)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("chains")
    void aBadChainNeedsAResetAndTheDriverIsTold(String what, Consumer<MiniDriver> chain) {
        driver.start(MiniDriver.INDIRECT_DESC);
        driver.ram.putShort(MiniDriver.available(0) + 4, (short) 0);
        chain.accept(driver);
        driver.setAvailableIndex(0, 1);
        driver.turn(0);
        assertThat(driver.needsReset()).as(what).isTrue();
        assertThat(driver.isr()).as("4.1.4.5: bit 1, the configuration changed").isEqualTo(2);
        assertThat(driver.usedIndex(0)).isZero();
        driver.start(0);
        assertThat(driver.needsReset()).as("after a reset all is well").isFalse();
        driver.descriptor(0, BUFFER, 8, WRITE, 0);
        driver.offer(0, 0);
        driver.turn(0);
        assertThat(driver.usedIndex(0)).isEqualTo(1);
    }

    @Test
    void indirectDescriptorsThatWereNotNegotiatedAreAViolation() {
        driver.start(0);
        driver.descriptor(0, BUFFER, 16, INDIRECT, 0);
        driver.offer(0, 0);
        driver.turn(0);
        assertThat(driver.needsReset()).isTrue();
    }

    @Test
    void moreBuffersThanTheRingHasAreAViolation() {
        driver.start(0);
        driver.setAvailableIndex(0, MiniDriver.RING + 1);
        driver.turn(0);
        assertThat(driver.needsReset()).isTrue();
    }

    @Test
    void ringsThatAreNotAlignedAreAViolation() {
        driver.common(22, 2, 0);
        driver.common(32, 4, 0x1_0008);
        driver.common(28, 2, 1);
        assertThat(driver.needsReset())
                .as("2.7: descriptors at multiples of 16")
                .isTrue();
        assertThat(driver.interrupts)
                .as("2.1.2: nothing is sent before DRIVER_OK")
                .isEmpty();
    }

    @Test
    void ringsBeyondMemoryAreAViolation() {
        driver.start(0);
        driver.common(20, 1, 0);
        driver.common(20, 1, 3);
        driver.accept(MiniDriver.VERSION_1);
        driver.common(20, 1, 11);
        driver.common(22, 2, 0);
        driver.common(40, 8, -16L);
        driver.common(28, 2, 1);
        driver.common(20, 1, 15);
        driver.turn(0);
        assertThat(driver.needsReset()).isTrue();
    }

    /** Random rings and registers: no exception, no endless turn, and a reset heals all. */
    @Test
    void randomRingsAndRegistersNeverBreakTheDevice() {
        long seed = Long.getLong("synapic.seed", 20_260_727L);
        System.out.println("BadRingsTest seed " + seed);
        Random random = new Random(seed);
        byte[] noise = new byte[0x3000];
        try (MiniDriver disk = new MiniDriver(new VirtioBlock(new MemoryStore(1 << 20), "", 1, line -> {}))) {
            int violations = 0;
            for (int round = 0; round < 2_000; round++) {
                disk.start(random.nextBoolean() ? MiniDriver.INDIRECT_DESC | MiniDriver.EVENT_IDX : 0);
                random.nextBytes(noise);
                disk.ram.putBytes(MiniDriver.table(0), noise);
                tame(disk, random);
                disk.turn(0);
                for (int i = 0; i < 8; i++) {
                    disk.common(random.nextInt(64), 1 << random.nextInt(4), random.nextLong());
                    disk.device(random.nextInt(64), 1 << random.nextInt(4), random.nextLong());
                }
                disk.turn(0);
                violations += disk.needsReset() ? 1 : 0;
            }
            assertThat(violations).as("seed %d", seed).isBetween(100, 2_000);
            disk.start(0);
            assertThat(disk.status()).isEqualTo(15);
        }
    }

    /** Mostly plausible descriptors, so that requests get somewhere. */
    private static void tame(MiniDriver disk, Random random) {
        for (int i = 0; i < MiniDriver.RING; i++) {
            int length = random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(2048);
            long address = random.nextInt(8) == 0 ? random.nextLong() : BUFFER + random.nextInt(1 << 20);
            disk.descriptor(i, address, length, random.nextInt(8), random.nextInt(MiniDriver.RING + 1));
        }
        disk.setAvailableIndex(0, random.nextInt(MiniDriver.RING + 1));
    }
}
