// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.bench;

import dev.synapic.cli.bench.IpiBenchPlan.Cell;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The figures that came with KVM's "send IPI" hypercall in 2018: 80 vCPUs, 2 x 20-core Skylake at 2.5 GHz, 100,000 iterations. */
public final class Published {
    public static final int VCPUS = 80;
    public static final int ITERATIONS = 100_000;
    public static final String SOURCE = "KVM: X86: Implement \"send IPI\" hypercall (Linux 4.19)";

    private static final double PERCENT = 100;

    /** The profile whose constants were fixed by some of these rows. */
    private static final String CALIBRATED_PROFILE = "skylake-apicv";

    private static final Map<Scenario, Time> CLUSTER_VANILLA =
            times(2392199, 6907514, 15027589, 223910476, 251301666, 9282161150L, 8812934104L);
    private static final Map<Scenario, Time> CLUSTER_PV =
            times(2449341, 6720360, 15028732, 228643307, 255708477, 7572293590L, 8316124651L);
    private static final Map<Scenario, Time> PHYSICAL_VANILLA =
            times(3135933, 8572670, 17901757, 226444334, 255421709, 19845070887L, 19827383656L);
    private static final Map<Scenario, Time> PHYSICAL_PV =
            times(2446381, 6788217, 15021056, 219454441, 249583458, 7806540019L, 9143618799L);

    private Published() {}

    /** Nanoseconds of all 100,000 iterations: summed one-way delivery, and the whole loop. */
    public record Time(long deliveryNs, long totalNs) {
        public double totalNsPerOperation() {
            return (double) totalNs / ITERATIONS;
        }

        public double deliveryNsPerOperation() {
            return (double) deliveryNs / ITERATIONS;
        }
    }

    private static Map<Scenario, Time> times(
            long dry, long selfDelivery, long self, long normalDelivery, long normal, long broadcast, long lock) {
        Map<Scenario, Time> times = new EnumMap<>(Scenario.class);
        times.put(Scenario.DRY_RUN, new Time(0, dry));
        times.put(Scenario.SELF, new Time(selfDelivery, self));
        times.put(Scenario.NORMAL, new Time(normalDelivery, normal));
        times.put(Scenario.BROADCAST, new Time(0, broadcast));
        times.put(Scenario.BROADCAST_LOCK, new Time(0, lock));
        return times;
    }

    /** The published figure of a row; null where none was published, or for another number of targets. */
    public static @Nullable Time of(Cell cell, Scenario scenario, int vcpus) {
        boolean sameTargets = vcpus == VCPUS || scenario.compareTo(Scenario.BROADCAST) < 0;
        return sameTargets ? table(cell).get(scenario) : null;
    }

    /** How much faster, as a whole number of percent; rounded down, as the published "22%" and "154%" are. */
    public static long boostPercent(double gain) {
        return (long) Math.floor((gain - 1) * PERCENT);
    }

    private static Map<Scenario, Time> table(Cell cell) {
        boolean vanilla = cell.mode() == SendMode.VANILLA;
        if (!vanilla && cell.mode() != SendMode.PV_IPI) {
            return Map.of();
        }
        return switch (cell.apic()) {
            case XAPIC -> Map.of();
            case X2APIC_PHYS -> vanilla ? PHYSICAL_VANILLA : PHYSICAL_PV;
            case X2APIC_CLUSTER -> vanilla ? CLUSTER_VANILLA : CLUSTER_PV;
        };
    }

    /** Whether a row's published figure was used to fix a constant of the profile, so that agreement proves nothing. */
    static boolean calibrates(Cell cell, Scenario scenario, int vcpus, String profile) {
        if (vcpus != VCPUS || !profile.equals(CALIBRATED_PROFILE) || cell.apic() != ApicKind.X2APIC_PHYS) {
            return false;
        }
        return switch (scenario) {
            case BROADCAST -> cell.mode() == SendMode.VANILLA || cell.mode() == SendMode.PV_IPI;
            case NORMAL -> cell.mode() == SendMode.VANILLA;
            default -> false;
        };
    }
}
