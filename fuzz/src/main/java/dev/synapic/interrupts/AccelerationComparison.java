// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts;

import dev.synapic.fuzz.Comparison;
import dev.synapic.fuzz.Differences;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.InhibitReason;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A fabric whose hardware posts vectors and ends interrupts alone against one without: only exits may differ. */
public final class AccelerationComparison implements Comparison {
    private static final int MOST_PROCESSORS = 4;

    private final FabricRig with;
    private final FabricRig without;

    public AccelerationComparison(long seed) {
        int processors = 1 + Math.floorMod(seed, MOST_PROCESSORS);
        with = new FabricRig(new FabricRig.World(processors), true);
        without = new FabricRig(new FabricRig.World(processors), false);
        GuestActions.boot(with);
        GuestActions.boot(without);
    }

    @Override
    public @Nullable String step(long number) {
        GuestStep.take(with, number);
        GuestStep.take(without, number);
        List<String> seen = without.takeLog();
        List<String> accelerated = with.takeLog();
        if (!accelerated.equals(seen)) {
            return "with acceleration " + accelerated + ", without " + seen;
        }
        String difference = Differences.between(guests(with), guests(without));
        if (difference == null && with.memoryHash() != without.memoryHash()) {
            difference = "guest memory differs";
        }
        if (difference == null && with.eoiExits + with.eoisWithoutExit != without.eoiExits) {
            difference = "EOIs: %d exits and %d without, should be %d in all"
                    .formatted(with.eoiExits, with.eoisWithoutExit, without.eoiExits);
        }
        GuestStep.offer(with);
        GuestStep.offer(without);
        return difference;
    }

    /** Without the host's own reason against acceleration. */
    private static FabricState guests(FabricRig rig) {
        FabricState all = rig.fabric.save();
        Set<InhibitReason> reasons = EnumSet.noneOf(InhibitReason.class);
        reasons.addAll(all.apicv().reasons());
        reasons.remove(InhibitReason.DISABLED);
        return all.with(new ApicvState.State(ApicvState.State.CURRENT_VERSION, reasons));
    }

    @Override
    public void close() {
        with.world.memory.close();
        without.world.memory.close();
    }
}
