// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.hyperv.SyntheticTimersState;
import dev.synapic.interrupts.hyperv.VpAssistPage;
import dev.synapic.interrupts.ioapic.IoApicState;
import dev.synapic.interrupts.pic.PicState;
import dev.synapic.interrupts.pit.PitState;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.IrqChipState;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A state that no machine can have is refused with one clear line, or is restored to something defined: never another
 * exception, never a machine that stands still.
 */
class HostileStateTest {
    private static final long SEED = Long.getLong("synapic.seed", 1);
    private static final int ROUNDS = Integer.getInteger("synapic.rounds", 400);
    private static final long[] ODD = {0, 1, -1, 2, 3, 16, 255, 256, 1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE
    };

    /** Any number in any record may be any other: the fabric refuses, or goes on for a while and can be saved. */
    @Test
    void stateWithRandomNumbersIsRefusedOrRuns() {
        int refused = 0;
        for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
            Random random = new Random(seed);
            FabricRig rig = new FabricRig(new FabricRig.World(2), false);
            GuestActions.boot(rig);
            GuestActions guests = new GuestActions(rig, random);
            for (int step = 0; step < 60; step++) {
                guests.step();
            }
            FabricState state = rig.fabric.save();
            FabricRig victim = new FabricRig(rig.world, false);
            try {
                victim.fabric.restore((FabricState) corrupted(state, random));
            } catch (IllegalArgumentException refusal) {
                assertThat(refusal.getMessage())
                        .as("seed %d", seed)
                        .isNotBlank()
                        .doesNotContain("\n");
                refused++;
                rig.world.memory.close();
                continue;
            }
            try {
                GuestActions next = new GuestActions(victim, random);
                for (int step = 0; step < 60; step++) {
                    next.step();
                }
                victim.fabric.save();
                victim.fabric.reset();
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError("-Dsynapic.seed=" + seed, failure);
            }
            rig.world.memory.close();
        }
        assertThat(refused).as("of %d", ROUNDS).isBetween(ROUNDS / 20, ROUNDS * 19 / 20);
    }

    /** A copy in which about three numbers are others. Throws what the records throw. */
    private static Object corrupted(Object value, Random random) {
        return switch (value) {
            case Record state -> corruptedRecord(state, random);
            case List<?> list -> {
                List<Object> copy = new ArrayList<>();
                list.forEach(each -> copy.add(corrupted(each, random)));
                yield copy;
            }
            case Long number -> random.nextInt(150) == 0 ? odd(random) : number;
            case Integer number -> random.nextInt(150) == 0 ? (Object) (int) odd(random) : number;
            case Boolean flag -> random.nextInt(150) == 0 ? !flag : flag;
            default -> value;
        };
    }

    private static long odd(Random random) {
        return random.nextInt(3) == 0 ? random.nextLong() : ODD[random.nextInt(ODD.length)];
    }

    private static Object corruptedRecord(Record state, Random random) {
        RecordComponent[] components = state.getClass().getRecordComponents();
        Object[] values = new Object[components.length];
        try {
            for (int i = 0; i < components.length; i++) {
                components[i].getAccessor().setAccessible(true);
                Object value = components[i].getAccessor().invoke(state);
                boolean version = components[i].getName().equals("version");
                values[i] = value == null || version ? value : corrupted(value, random);
            }
            Class<?>[] types =
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
            Constructor<?> constructor = state.getClass().getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof IllegalArgumentException refusal) {
                throw refusal;
            }
            throw new AssertionError(state.getClass() + " " + Arrays.toString(values), thrown.getCause());
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    // ---- by name

    private final FabricRig rig = new FabricRig(new FabricRig.World(1), false);
    private final FabricState good = rig.fabric.save();

    @Test
    void stateOfAnotherMachineIsRefused() {
        FabricRig larger = new FabricRig(new FabricRig.World(2), false);

        assertThatThrownBy(() -> larger.fabric.restore(good))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the state has 1 processors, this machine has 2");
    }

    @Test
    void delayedPinsThatDoNotExistOrWaitForNothingAreRefused() {
        IoApicState ioApic = Objects.requireNonNull(good.chips()).ioApic();
        for (int pins : new int[] {1 << 31, 1}) {
            assertThatThrownBy(() -> new IoApicState(
                            IoApicState.CURRENT_VERSION,
                            0,
                            0,
                            ioApic.entries(),
                            ioApic.sources(),
                            ioApic.successiveEois(),
                            pins,
                            pins == 1 ? Long.MAX_VALUE : 0,
                            0))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void vectorBaseBeyondAByteIsRefused() {
        assertThatThrownBy(() -> new PicState.Chip(
                        0, false, false, 0x100, 0, 0, 0, 0, 0, 7, false, false, false, false, false, false))
                .hasMessageContaining("8 bits");
    }

    @Test
    void intervalTimerThatWouldDivideByZeroIsRefused() {
        assertThatThrownBy(() ->
                        new PitState.Channel(3, 2, false, true, 0, true, 100, 5, -1, 0, 10, false, 0, false, -1, -1))
                .hasMessageContaining("a count that is 0");
    }

    @Test
    void syntheticTimerThatWouldDivideByZeroIsRefused() {
        assertThatThrownBy(() -> new SyntheticTimersState.Timer(3, 0, true, 5, false, 0))
                .hasMessageContaining("count of 0");
    }

    @Test
    void offerOfAnEoiThatNobodyCouldMakeIsRefused() {
        assertThatThrownBy(() -> new VpAssistPage.State(1, 0x2001, 3)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new VpAssistPage.State(1, 0x2000, 0x41)).hasMessageContaining("disabled");
        assertThatThrownBy(() ->
                        rig.processors.getFirst().assistPage().restore(new VpAssistPage.State(1, 1L << 40 | 1, -1)))
                .hasMessageContaining("not RAM");
    }

    @Test
    void routesThatNoChipHasAreRefused() {
        assertThatThrownBy(() ->
                        rig.chip.restore(new IrqChipState(1, List.of(new GsiRoute.IrqChipPin(3, 2, 99)), List.of())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no pin 99");
        assertThatThrownBy(() -> new IrqChipState(1, List.of(), List.of(-1))).hasMessageContaining("gsi -1");
    }
}
