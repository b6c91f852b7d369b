// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Saving, restoring and resetting; and that hostile guests find no exception. */
class IommuStateTest {
    private static final int[] REGISTERS = {
        0x18, 0x18, 0x20, 0x28, 0x2C, 0x34, 0x38, 0x3C, 0x40, 0x44, 0x80, 0x88, 0x88, 0x90, 0x9C, 0xA0, 0xA4, 0xA8,
        0xAC, 0xB8, 0xF0, 0xF8, 0xFC, 0x220, 0x22C, 0x23C, 0x29C
    };

    private static void areSaved(Class<?> part, Class<? extends Record> state, String... noState) {
        List<String> fields = Arrays.stream(part.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()) && !field.isSynthetic())
                .map(Field::getName)
                .toList();
        Stream<String> saved = Arrays.stream(state.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !name.equals("version"));
        assertThat(fields)
                .as("fields of %s: saved, or listed as no state", part.getSimpleName())
                .containsExactlyInAnyOrderElementsOf(
                        Stream.concat(saved, Arrays.stream(noState)).toList());
    }

    @Test
    void everyFieldIsSavedOrIsNoState() {
        areSaved(RemappingUnit.class, IommuState.class, "config");
        areSaved(EventMessage.class, IommuState.Event.class, "messages");
        areSaved(FaultLog.class, IommuState.Faults.class);
        areSaved(InvalidationQueue.class, IommuState.Queue.class, "ram", "faults", "interruptRemapping");
        areSaved(InterruptRemapping.class, IommuState.Interrupts.class, "ram", "bus", "faults", "extendedModeExists");
        areSaved(DmaRemapping.class, IommuState.Memory.class, "ram", "faults", "addressBits");
    }

    /** Random registers and tables full of noise; afterwards both units say and do the same. */
    @Test
    void aRestoredUnitGoesOnAsTheSavedOneAfterAnyUse() {
        long seed = Long.getLong("synapic.seed", 1L);
        Random random = new Random(seed);
        try (IommuRig one = new IommuRig();
                IommuRig other = new IommuRig()) {
            for (int step = 0; step < 20_000; step++) {
                other.unit.restore(one.unit.save());
                int offset = REGISTERS[random.nextInt(REGISTERS.length)];
                long value = random.nextInt(4) == 0 ? random.nextLong() : tame(random);
                long noise = sparse(random);
                long at = random.nextInt(1 << 17) * 8L;
                int source = random.nextInt(0x1_0000);
                boolean write = random.nextBoolean();
                for (IommuRig rig : List.of(one, other)) {
                    rig.ram.putLong(at, noise);
                    rig.unit.write(offset, offset % 8 == 0 ? 8 : 4, value);
                    rig.unit.messages(source).sendMsi(0xFEE0_0010L | value & 0xF_FFE0, (int) noise);
                }
                assertThat(other.unit.translation(source).translate(value, write))
                        .as("seed %d, step %d", seed, step)
                        .isEqualTo(one.unit.translation(source).translate(value, write));
                assertThat(other.unit.save()).as("seed %d, step %d", seed, step).isEqualTo(one.unit.save());
                one.sent.clear();
                other.sent.clear();
            }
        }
    }

    /** Addresses in the part of RAM that has noise, and small numbers. */
    private static long tame(Random random) {
        return random.nextInt(1 << 20) & (random.nextBoolean() ? ~0xFFF : -1) | (long) random.nextInt(4) << 30;
    }

    @Test
    void resetIsPowerOn() {
        try (IommuRig rig = new IommuRig();
                IommuRig fresh = new IommuRig()) {
            rig.remapInterrupts(true).remapMemory(3).queue().send(3);
            rig.unit.reset();
            assertThat(rig.unit.save()).isEqualTo(fresh.unit.save());
            assertThat(rig.translate(0x1000, true)).isEqualTo(0x1000);
        }
    }

    @Test
    void stateThatNoUnitCanHaveIsRefused() {
        try (IommuRig rig = new IommuRig()) {
            IommuState good = rig.unit.save();
            assertThatThrownBy(() -> new IommuState(
                            9, 0, 0, 0, 0, 0, 0, good.faults(), good.queue(), good.interrupts(), good.memory()))
                    .hasMessageContaining("version 9");
            List<Integer> none = List.of();
            assertThatThrownBy(() -> new IommuState.Faults(
                            0, 0, 0, none, none, none, none, good.faults().event()))
                    .hasMessageContaining("8 fault recording registers");
            List<Integer> full = good.faults().info();
            assertThatThrownBy(() -> new IommuState.Faults(
                            0, 8, 0, full, full, full, full, good.faults().event()))
                    .hasMessageContaining("8 and 0");
        }
    }

    /** A number with few bits set. */
    private static long sparse(Random random) {
        long bits = random.nextLong();
        bits &= random.nextLong();
        bits &= random.nextLong();
        return bits;
    }
}
