// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.RedirectionEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random lines, entries and EOIs against a second model that is as plain as the data sheet: per pin its level, its entry and
 * its remote-IRR, no sets, no maps.
 */
class IoApicAgainstModelTest {
    private static final int PROCESSORS = 3;
    private static final int STEPS = 3_000;
    private static final int RUNS = 40;
    private static final int[] VECTORS = {0x31, 0x32, 0x45, 0x0F, 0x91};

    /** What the chip should have sent, as "pin"; and who has what in service by now. */
    private static final class Plain {
        final boolean[][] sources = new boolean[IoApic.PINS][3];
        final long[] entries = new long[IoApic.PINS];
        final boolean[] remoteIrr = new boolean[IoApic.PINS];
        final List<Integer> sent = new ArrayList<>();

        boolean line(int pin) {
            return sources[pin][0] || sources[pin][1] || sources[pin][2];
        }

        boolean level(int pin) {
            return RedirectionEntry.of(entries[pin]).triggerMode().ordinal() == 1 && mode(pin) == DeliveryMode.FIXED;
        }

        DeliveryMode mode(int pin) {
            return RedirectionEntry.of(entries[pin]).deliveryMode();
        }

        boolean reachesSomebody(int pin) {
            RedirectionEntry entry = RedirectionEntry.of(entries[pin]);
            boolean legal = mode(pin) == DeliveryMode.NMI || entry.vector() >= 16;
            return legal && (entry.destination() < PROCESSORS || entry.destination() == 0xFF);
        }

        void trySend(int pin) {
            if (RedirectionEntry.of(entries[pin]).masked() || level(pin) && remoteIrr[pin]) {
                return;
            }
            sent.add(pin);
            remoteIrr[pin] = level(pin) && reachesSomebody(pin);
        }

        void set(int pin, boolean up, int source) {
            boolean was = line(pin);
            sources[pin][source] = up;
            if (line(pin) && (level(pin) || !was)) {
                trySend(pin);
            }
        }

        void write(int pin, long entry) {
            entries[pin] = entry;
            remoteIrr[pin] &= level(pin);
            if (level(pin) && line(pin)) {
                trySend(pin);
            }
        }

        void eoi(int vector, boolean levelTriggered) {
            if (!levelTriggered) {
                return;
            }
            for (int pin = 0; pin < IoApic.PINS; pin++) {
                if (RedirectionEntry.of(entries[pin]).vector() == vector) {
                    remoteIrr[pin] = false;
                }
            }
            for (int pin = 0; pin < IoApic.PINS; pin++) {
                if (RedirectionEntry.of(entries[pin]).vector() == vector && level(pin) && line(pin)) {
                    trySend(pin);
                }
            }
        }
    }

    @Test
    void randomUseAgreesWithThePlainModel() {
        Random seeds = new Random(Long.getLong("synapic.seed", 1L));
        for (int run = 0; run < RUNS; run++) {
            useAtRandom(seeds.nextLong());
        }
    }

    /** An entry with remote-IRR became a level-triggered NMI, which is an edge, and kept it. */
    @Test
    void seedsThatFailedOnceAgree() {
        useAtRandom(6111658532402L);
    }

    private static void useAtRandom(long seed) {
        Random random = new Random(seed);
        IoApicRig io = new IoApicRig(PROCESSORS);
        Plain plain = new Plain();
        for (int pin = 0; pin < IoApic.PINS; pin++) {
            plain.entries[pin] = RedirectionEntry.MASKED;
        }
        for (int step = 0; step < STEPS; step++) {
            String did = step(random, io, plain);
            String where = "seed " + seed + ", step " + step + ": " + did;
            assertThat(io.messages).as(where).hasSameSizeAs(plain.sent);
            for (int pin = 0; pin < IoApic.PINS; pin++) {
                RedirectionEntry entry = RedirectionEntry.of(io.chip.entry(pin));
                assertThat(entry.bits() & ~RedirectionEntry.REMOTE_IRR)
                        .as("%s, entry %d", where, pin)
                        .isEqualTo(plain.entries[pin]);
                assertThat(entry.remoteIrr())
                        .as("%s, remote-IRR %d", where, pin)
                        .isEqualTo(plain.remoteIrr[pin]);
            }
        }
        IoApicState state = io.chip.save();
        io.chip.restore(state);
        assertThat(io.chip.save()).as("seed %d", seed).isEqualTo(state);
    }

    private static String step(Random random, IoApicRig io, Plain plain) {
        int pin = random.nextInt(IoApic.PINS);
        return switch (random.nextInt(4)) {
            case 0 -> program(io, plain, pin, randomEntry(random));
            case 1 -> end(io, plain, random.nextInt(PROCESSORS));
            default -> set(io, plain, pin, random.nextBoolean(), random.nextInt(3));
        };
    }

    private static String program(IoApicRig io, Plain plain, int pin, long entry) {
        // One half at a time is two steps.
        plain.write(pin, (plain.entries[pin] & 0xFFFF_FFFFL) | (entry & ~0xFFFF_FFFFL));
        plain.write(pin, entry);
        io.program(pin, entry);
        return "entry " + pin + " = " + Long.toHexString(entry);
    }

    private static String end(IoApicRig io, Plain plain, int processor) {
        int vector = io.take(processor);
        if (vector >= 0) {
            plain.eoi(vector, io.apic(processor).tmr().contains(vector));
            io.apic(processor).eoi();
        }
        return "eoi " + vector;
    }

    private static String set(IoApicRig io, Plain plain, int pin, boolean up, int source) {
        plain.set(pin, up, source);
        io.chip.set(pin, up, source);
        return "pin " + pin + " source " + source + " " + up;
    }

    private static long randomEntry(Random random) {
        long entry = VECTORS[random.nextInt(VECTORS.length)];
        entry |= random.nextInt(4) == 0 ? RedirectionEntry.MASKED : 0;
        entry |= random.nextBoolean() ? RedirectionEntry.LEVEL_TRIGGERED : 0;
        entry |= random.nextInt(8) == 0 ? DeliveryMode.NMI.bits() : 0;
        int destination = random.nextInt(6);
        return entry | IoApicRig.to(destination == 5 ? 0xFF : destination);
    }
}
