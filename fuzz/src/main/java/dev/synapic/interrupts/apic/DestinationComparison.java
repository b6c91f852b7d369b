// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.fuzz.Comparison;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** {@link DestinationMap} against {@link DestinationWalk}: machines of one kind and mixed ones, whose ids change. */
public final class DestinationComparison implements Comparison {
    private static final int MOST_APICS = 40;
    private static final int QUERIES = 8;

    private static final ApicClock NO_TIME = new ApicClock() {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public long tsc() {
            return 0;
        }

        @Override
        public long nanosAtTsc(long tscTicks) {
            return Long.MAX_VALUE;
        }
    };

    private final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
    private final List<LocalApic> apics;
    /** All x2APIC, flat, cluster or mixed. */
    private final int kind;

    public DestinationComparison(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = 1 + random.nextInt(MOST_APICS);
        int range = Math.max(count, random.nextBoolean() ? 64 : 2_000);
        kind = random.nextInt(4);
        apics = IntStream.generate(() -> random.nextInt(range))
                .distinct()
                .limit(count)
                .mapToObj(id -> new LocalApic(id, false, bus, NO_TIME, ApicListener.NONE))
                .toList();
        for (int i = 0; i < count; i++) {
            prepare(apics.get(i), i, random);
        }
    }

    private void prepare(LocalApic apic, int number, SplittableRandom random) {
        switch (kind) {
            case 0 -> apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
            case 1 -> apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24 + number % 8);
            case 2 -> {
                apic.writeRegister(ApicRegister.DESTINATION_FORMAT, 0);
                apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, number / 4 << 28 | 1 << 24 + number % 4);
            }
            default -> disturb(apic, random);
        }
    }

    @Override
    public @Nullable String step(long number) {
        SplittableRandom random = new SplittableRandom(number);
        if (random.nextInt(3) == 0) {
            disturb(apics.get(random.nextInt(apics.size())), random);
        }
        for (int i = 0; i < QUERIES; i++) {
            long query = query(random);
            List<Integer> byMap = byMap(query);
            List<Integer> byWalk = byWalk(query);
            if (!byMap.equals(byWalk)) {
                return "query 0x%x: the map finds %s, the walk %s".formatted(query, byMap, byWalk);
            }
        }
        return null;
    }

    private List<Integer> byMap(long query) {
        DestinationMap map = bus.map();
        List<Integer> targets = new ArrayList<>();
        for (int i = map.next(-1, query); i >= 0; i = map.next(i, query)) {
            targets.add(map.apic(i).x2ApicId());
        }
        return targets;
    }

    private List<Integer> byWalk(long query) {
        return apics.stream()
                .filter(apic -> DestinationWalk.matches(apic.address(), query))
                .map(LocalApic::x2ApicId)
                .sorted()
                .toList();
    }

    private static void disturb(LocalApic apic, SplittableRandom random) {
        switch (apic.mode()) {
            case DISABLED -> apic.setApicBase(apic.apicBase() | ApicBaseMsr.ENABLE);
            case X2APIC -> {
                if (random.nextBoolean()) {
                    disable(apic);
                } else {
                    apic.writeMsr(ApicRegister.msr(ApicRegister.SPURIOUS_VECTOR), random.nextBoolean() ? 0xFF : 0x1FF);
                }
            }
            case XAPIC -> disturbXapic(apic, random);
        }
    }

    private static void disturbXapic(LocalApic apic, SplittableRandom random) {
        switch (random.nextInt(9)) {
            case 0 -> apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
            case 1 -> disable(apic);
            case 2 -> apic.writeRegister(ApicRegister.ID, random.nextInt(64) << 24);
            case 3 -> apic.writeRegister(ApicRegister.ID, apic.x2ApicId() << 24);
            case 4 -> apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, random.nextInt());
            case 5 -> apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24 + random.nextInt(8));
            case 6 -> apic.writeRegister(ApicRegister.DESTINATION_FORMAT, random.nextInt(3) * 0x7FFF_FFFF);
            case 7 -> apic.init();
            default -> apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, random.nextBoolean() ? 0xFF : 0x1FF);
        }
    }

    private static void disable(LocalApic apic) {
        apic.setApicBase(apic.apicBase() & ~(ApicBaseMsr.ENABLE | ApicBaseMsr.X2APIC_ENABLE));
    }

    private long query(SplittableRandom random) {
        LocalApic someone = apics.get(random.nextInt(apics.size()));
        int destination = switch (random.nextInt(8)) {
            case 0 -> DestinationWalk.XAPIC_BROADCAST;
            case 1 -> DestinationWalk.X2APIC_BROADCAST;
            case 2 -> random.nextInt();
            case 3 -> someone.mode() == ApicMode.DISABLED ? 0 : someone.apicId();
            case 4 -> someone.x2ApicId();
            case 5 -> ApicAddress.x2apicLdr(someone.x2ApicId()) | random.nextInt(0x1_0000);
            case 6 -> random.nextInt(130) << 16 | random.nextInt(0x1_0000);
            default -> random.nextInt(0x100);
        };
        return DestinationWalk.query(destination, random.nextBoolean(), random.nextBoolean());
    }

    @Override
    public void close() {}
}
