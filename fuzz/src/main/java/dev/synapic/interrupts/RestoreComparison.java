// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import dev.synapic.fuzz.Comparison;
import dev.synapic.fuzz.Differences;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A fabric that is saved and restored into a new one now and then against one that is left alone. */
public final class RestoreComparison implements Comparison {
    private static final int MOST_PROCESSORS = 4;

    private final FabricRig stays;
    private FabricRig moves;

    public RestoreComparison(long seed) {
        int processors = 1 + Math.floorMod(seed, MOST_PROCESSORS);
        stays = new FabricRig(new FabricRig.World(processors), false);
        moves = new FabricRig(new FabricRig.World(processors), false);
        GuestActions.boot(stays);
        GuestActions.boot(moves);
    }

    @Override
    public @Nullable String step(long number) {
        GuestStep.take(stays, number);
        GuestStep.take(moves, number);
        List<String> seen = stays.takeLog();
        List<String> moved = moves.takeLog();
        if (!moved.equals(seen)) {
            return "restored " + moved + ", left alone " + seen;
        }
        GuestStep.offer(stays);
        GuestStep.offer(moves);
        if ((number & 3) == 0) {
            FabricState state = moves.fabric.save();
            moves = restored(moves, state);
            List<String> sent = moves.takeLog();
            if (!sent.isEmpty()) {
                return "restoring sends " + sent;
            }
            String lost = Differences.between(moves.fabric.save(), state);
            if (lost != null) {
                return "save(restore(x)) against x: " + lost;
            }
        }
        String difference = Differences.between(moves.fabric.save(), stays.fabric.save());
        return difference == null && moves.memoryHash() != stays.memoryHash() ? "guest memory differs" : difference;
    }

    private static FabricRig restored(FabricRig old, FabricState state) {
        FabricRig fresh = new FabricRig(old.world, false);
        fresh.takeLog();
        fresh.fabric.restore(state);
        return fresh;
    }

    @Override
    public void close() {
        stays.world.memory.close();
        moves.world.memory.close();
    }
}
