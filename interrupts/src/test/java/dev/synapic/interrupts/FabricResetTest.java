// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.hyperv.HypervPartition;
import dev.synapic.interrupts.hyperv.ReferenceTime;
import dev.synapic.interrupts.hyperv.SintMessageQueue;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A fabric that is reset after any use is as a new one. */
class FabricResetTest {
    private static final long SEED = Long.getLong("synapic.seed", 1);
    private static final int ROUNDS = Integer.getInteger("synapic.rounds", 60);
    private static final int STEPS = 300;

    @Test
    void resetFabricIsAsANewOneAfterAnyUse() {
        for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
            int processors = 1 + (int) (seed % 4);
            FabricRig rig = new FabricRig(new FabricRig.World(processors), false);
            GuestActions.boot(rig);
            GuestActions actions = new GuestActions(rig, new Random(seed));
            for (int step = 0; step < STEPS; step++) {
                actions.step();
                actions.offer();
            }

            rig.fabric.reset();
            quiet(rig);

            FabricRig fresh = new FabricRig(rig.world, false);
            fresh.pit.expire();
            rig.pit.expire();
            assertThat(rig.fabric.save()).as("-Dsynapic.seed=%d", seed).isEqualTo(withTimeOf(rig, fresh.fabric.save()));
            rig.world.memory.close();
        }
    }

    /** Lines, queues and what waits behind a storm are the devices' and the VMM's, whom no reset of the fabric reaches. */
    private static void quiet(FabricRig rig) {
        rig.world.deviceAsserts = false;
        while (rig.chip.hasDeferredAcks()) {
            rig.chip.runDeferredAcks();
        }
        for (int gsi = 0; gsi < 24; gsi++) {
            for (int source = 0; source < 4; source++) {
                rig.chip.irqLine(gsi, false, source);
            }
        }
        rig.apics.forEach(apic -> apic.lint(1, false));
        rig.queue.restore(new SintMessageQueue.State(SintMessageQueue.State.CURRENT_VERSION, List.of(), 0));
    }

    /** The reference time goes on over a reset; its page does not. */
    private static FabricState withTimeOf(FabricRig rig, FabricState fresh) {
        ReferenceTime.State time = rig.partition.time().save();
        HypervPartition.State partition = new HypervPartition.State(
                fresh.partition().version(),
                fresh.partition().guestOsId(),
                fresh.partition().hypercall(),
                new ReferenceTime.State(time.version(), 0, time.valid(), 0, time.tscOffset(), time.timeOffset()),
                fresh.partition().crashParameters(),
                fresh.partition().reenlightenmentControl(),
                fresh.partition().tscEmulationControl(),
                fresh.partition().overlays());
        return new FabricState(
                fresh.version(),
                fresh.processors(),
                partition,
                fresh.kvmClock(),
                fresh.routing(),
                fresh.chips(),
                fresh.pit(),
                fresh.apicv(),
                fresh.queues(),
                fresh.ports());
    }
}
