// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.InhibitReason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Hardware that posts vectors and ends interrupts alone changes what leaves the guest and nothing else: the same events,
 * with and without it, end in the same state at every step, also while auto-EOI sources come and go and inhibit it.
 */
class AccelerationTest {
    private static final long SEED = Long.getLong("synapic.seed", 1);
    private static final int ROUNDS = Integer.getInteger("synapic.rounds", 60);
    private static final int STEPS = 600;

    private int exitsWith;
    private int exitsWithout;
    private int silent;
    private int inhibitions;

    @Test
    void accelerationChangesExitsAndNothingElse() throws IOException {
        for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
            compare(seed);
        }
        assertThat(silent).as("EOIs that the hardware carried out alone").isGreaterThan(10 * ROUNDS);
        assertThat(exitsWith).as("EOIs that left the guest all the same").isPositive();
        assertThat(exitsWith + silent).as("all EOIs").isEqualTo(exitsWithout);
        assertThat(inhibitions).as("times that auto-EOI took acceleration away").isGreaterThan(ROUNDS);
    }

    private void compare(long seed) throws IOException {
        int processors = 1 + (int) (seed % 4);
        FabricRig with = new FabricRig(new FabricRig.World(processors), true);
        FabricRig without = new FabricRig(new FabricRig.World(processors), false);
        GuestActions.boot(with);
        GuestActions.boot(without);
        GuestActions one = new GuestActions(with, new Random(seed));
        GuestActions other = new GuestActions(without, new Random(seed));
        List<String> history = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            boolean was = with.active();
            one.step();
            other.step();
            inhibitions += was && !with.active() ? 1 : 0;
            List<String> seen = without.takeLog();
            history.add(step + ": " + seen);
            try {
                assertThat(with.takeLog()).as("seen").isEqualTo(seen);
                assertThat(guests(with)).as("state").isEqualTo(guests(without));
                assertThat(with.memoryHash()).as("guest memory").isEqualTo(without.memoryHash());
            } catch (AssertionError failure) {
                throw FabricStateTest.reproducer("acceleration", seed, step, history, failure);
            }
            one.offer();
            other.offer();
        }
        exitsWith += with.eoiExits;
        silent += with.eoisWithoutExit;
        exitsWithout += without.eoiExits;
        assertThat(without.eoisWithoutExit).isZero();
        with.world.memory.close();
        without.world.memory.close();
    }

    /** Without the host's own reason against acceleration. */
    private static FabricState guests(FabricRig rig) {
        FabricState all = rig.fabric.save();
        Set<InhibitReason> reasons = new HashSet<>(all.apicv().reasons());
        reasons.remove(InhibitReason.DISABLED);
        return new FabricState(
                all.version(),
                all.processors(),
                all.partition(),
                all.kvmClock(),
                all.routing(),
                all.chips(),
                all.pit(),
                new ApicvState.State(ApicvState.State.CURRENT_VERSION, reasons),
                all.queues(),
                all.ports());
    }
}
