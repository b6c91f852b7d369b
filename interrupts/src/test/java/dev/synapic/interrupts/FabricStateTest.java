// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvMsr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A fabric that is saved and restored into a new one at each step goes the way of one that is left alone. */
class FabricStateTest {
    private static final long SEED = Long.getLong("synapic.seed", 1);
    private static final int ROUNDS = Integer.getInteger("synapic.rounds", 40);
    private static final int STEPS = 300;

    @Test
    void restoredFabricBehavesAsTheSavedOneAtEveryStep() throws IOException {
        for (long seed = SEED; seed < SEED + ROUNDS; seed++) {
            compare(seed);
        }
    }

    // Fabric.restore sends and writes nothing. Found by the fuzz target routing: the message was posted
    // by the restore where the guest had emptied its slot and not written EOM yet.
    @Test
    void messageThatWaitsIsNotPostedByTheRestore() {
        FabricRig before = new FabricRig(new FabricRig.World(1), false);
        GuestActions.boot(before);
        before.queue.post(new SynIcMessage(1, 7, new byte[8]));
        before.queue.post(new SynIcMessage(2, 7, new byte[8]));
        long slot = 0x6000 + FabricRig.QUEUE_SINT * HvMessage.SIZE;
        before.world.memory.putInt(slot, HvMessage.TYPE_NONE);
        FabricState state = before.fabric.save();

        FabricRig after = new FabricRig(before.world, false);
        after.takeLog();
        after.fabric.restore(state);

        assertThat(after.takeLog()).isEmpty();
        assertThat(after.world.memory.getInt(slot)).isEqualTo(HvMessage.TYPE_NONE);
        assertThat(after.fabric.save()).isEqualTo(state);
        after.msrs.getFirst().write(HvMsr.HV_X64_MSR_EOM, 0);
        assertThat(after.world.memory.getInt(slot))
                .as("the guest's EOM fetches it")
                .isEqualTo(2);
        before.world.memory.close();
    }

    private static void compare(long seed) throws IOException {
        int processors = 1 + (int) (seed % 4);
        FabricRig stays = new FabricRig(new FabricRig.World(processors), false);
        FabricRig moves = new FabricRig(new FabricRig.World(processors), false);
        GuestActions.boot(stays);
        GuestActions.boot(moves);
        Random first = new Random(seed);
        Random second = new Random(seed);
        List<String> history = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            act(stays, first);
            act(moves, second);
            List<String> seen = stays.takeLog();
            history.add(step + ": " + seen);
            moves = moved(moves, seed, step);
            try {
                assertThat(moves.takeLog()).as("seen").isEqualTo(seen);
                assertThat(moves.fabric.save()).as("state").isEqualTo(stays.fabric.save());
                assertThat(moves.memoryHash()).as("guest memory").isEqualTo(stays.memoryHash());
            } catch (AssertionError failure) {
                throw reproducer("fabric-state", seed, step, history, failure);
            }
        }
        stays.world.memory.close();
        moves.world.memory.close();
    }

    private static void act(FabricRig rig, Random random) {
        GuestActions actions = new GuestActions(rig, random);
        actions.step();
        actions.offer();
    }

    private static FabricRig moved(FabricRig old, long seed, int step) {
        FabricState state = old.fabric.save();
        List<String> seen = old.takeLog();
        FabricRig fresh = new FabricRig(old.world, false);
        fresh.takeLog();
        fresh.fabric.restore(state);
        assertThat(fresh.fabric.save())
                .as("-Dsynapic.seed=%d, step %d: save(restore(x))", seed, step)
                .isEqualTo(state);
        assertThat(fresh.takeLog()).as("restoring sends nothing").isEmpty();
        seen.forEach(fresh::note);
        return fresh;
    }

    static AssertionError reproducer(String name, long seed, int step, List<String> history, AssertionError failure)
            throws IOException {
        Path file = Path.of("target", "reproducers", name + "-" + seed + ".txt");
        Files.createDirectories(file.getParent());
        Files.writeString(
                file,
                "-Dsynapic.seed=" + seed + " -Dsynapic.rounds=1, step " + step + "\n" + String.join("\n", history));
        return new AssertionError(
                "-Dsynapic.seed=%d, step %d, see %s: %s".formatted(seed, step, file, failure.getMessage()));
    }
}
