// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.spec.x86.ApicMode;
import dev.synapic.spec.x86.ApicRegister;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The map against the architectural walk, and what the map says about itself. */
class DestinationMapTest {
    // ---- differential -----------------------------------------------------------------------------------------------

    /** -Dsynapic.seed=n repeats a failure. */
    private static long seed() {
        return Long.getLong("synapic.seed", 20260921L);
    }

    @Test
    void theMapFindsTheTargetsOfTheWalkOnRandomMachines() {
        SplittableRandom seeds = new SplittableRandom(seed());
        for (int machine = 0; machine < 400; machine++) {
            long one = seeds.nextLong();
            SplittableRandom random = new SplittableRandom(one);
            ApicRig rig = randomMachine(random);
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 40; i++) {
                    long query = randomQuery(random, rig);
                    assertThat(byMap(rig, query))
                            .as("seed %d, machine %d, round %d, query %#x", one, machine, round, query)
                            .isEqualTo(byWalk(rig, query));
                }
                disturb(random, rig.apics[random.nextInt(rig.apics.length)]);
            }
        }
    }

    private static List<Integer> byMap(ApicRig rig, long query) {
        DestinationMap map = rig.bus.map();
        List<Integer> targets = new ArrayList<>();
        for (int i = map.next(-1, query); i >= 0; i = map.next(i, query)) {
            targets.add(map.apic(i).x2ApicId());
        }
        return targets;
    }

    /** Asks every APIC itself, in order of ids. */
    private static List<Integer> byWalk(ApicRig rig, long query) {
        List<Integer> targets = new ArrayList<>();
        for (LocalApic apic : rig.apics) {
            if (DestinationWalk.matches(apic.address(), query)) {
                targets.add(apic.x2ApicId());
            }
        }
        targets.sort(null);
        return targets;
    }

    private static ApicRig randomMachine(SplittableRandom random) {
        int count = 1 + random.nextInt(24);
        int range = Math.max(count, random.nextBoolean() ? 32 : 600);
        int[] ids = IntStream.generate(() -> random.nextInt(range))
                .distinct()
                .limit(count)
                .toArray();
        ApicRig rig = new ApicRig(ids);
        // Most machines are of one kind, as real ones are; some are mixed.
        int kind = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            set(random, rig.apics[i], kind, i);
        }
        return rig;
    }

    private static void set(SplittableRandom random, LocalApic apic, int kind, int number) {
        switch (kind) {
            case 0 -> ApicRig.toX2apic(apic);
            case 1 -> apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, number < 8 ? 1 << (24 + number) : 0);
            case 2 -> {
                apic.writeRegister(ApicRegister.DESTINATION_FORMAT, 0);
                apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, (number / 4) << 28 | 1 << (24 + number % 4));
            }
            default -> disturb(random, apic);
        }
        if (random.nextInt(4) != 0) {
            if (apic.mode() != ApicMode.DISABLED) {
                ApicRig.enable(apic);
            }
        }
    }

    private static void disturb(SplittableRandom random, LocalApic apic) {
        switch (apic.mode()) {
            case DISABLED -> ApicRig.reenable(apic);
            case X2APIC -> {
                if (random.nextBoolean()) {
                    ApicRig.disable(apic);
                } else {
                    ApicRig.softwareDisable(apic);
                }
            }
            case XAPIC -> disturbXapic(random, apic);
        }
    }

    private static void disturbXapic(SplittableRandom random, LocalApic apic) {
        switch (random.nextInt(7)) {
            case 0 -> ApicRig.toX2apic(apic);
            case 1 -> ApicRig.disable(apic);
            case 2 -> apic.writeRegister(ApicRegister.ID, random.nextInt(32) << 24);
            case 3 -> apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, random.nextInt());
            case 4 -> apic.writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << (24 + random.nextInt(8)));
            case 5 -> apic.writeRegister(ApicRegister.DESTINATION_FORMAT, random.nextInt(3) * 0x7FFF_FFFF);
            default -> ApicRig.softwareDisable(apic);
        }
    }

    private static long randomQuery(SplittableRandom random, ApicRig rig) {
        LocalApic someone = rig.apics[random.nextInt(rig.apics.length)];
        int destination = switch (random.nextInt(8)) {
            case 0 -> 0xFF;
            case 1 -> -1;
            case 2 -> random.nextInt();
            case 3 -> someone.apicId();
            case 4 -> someone.x2ApicId();
            case 5 -> ApicAddress.x2apicLdr(someone.x2ApicId()) | random.nextInt(0x1_0000);
            case 6 -> random.nextInt(40) << 16 | random.nextInt(0x1_0000);
            default -> random.nextInt(0x100);
        };
        return DestinationWalk.query(destination, random.nextBoolean(), random.nextBoolean());
    }

    // ---- what it says about itself ----------------------------------------------------------------------------------

    @Test
    void theMapIsTheSameObjectUntilAnAddressChanges() {
        ApicRig rig = ApicRig.xapic(2);
        DestinationMap before = rig.bus.map();
        rig.apics[0].setTaskPriority(0x30);
        rig.apics[0].writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1F0);
        rig.apics[0].writeRegister(ApicRegister.ID, 0);
        assertThat(rig.bus.map()).isSameAs(before);
        rig.apics[0].writeRegister(ApicRegister.ID, 5 << 24);
        DestinationMap after = rig.bus.map();
        assertThat(after).isNotSameAs(before);
        assertThat(before.physical(0)).isSameAs(rig.apics[0]);
        assertThat(after.physical(0)).isNull();
        assertThat(after.physical(5)).isSameAs(rig.apics[0]);
    }

    /** Owners change their ids while senders rebuild the map: at rest it shows the last ids. */
    @Test
    void noChangeIsLostToARebuildAtTheSameTime() throws InterruptedException {
        ApicRig rig = ApicRig.xapic(2);
        Thread[] owners = new Thread[2];
        for (int i = 0; i < owners.length; i++) {
            LocalApic own = rig.apics[i];
            int base = 64 * i;
            owners[i] = Thread.ofPlatform().unstarted(() -> {
                for (int round = 0; round < 3000; round++) {
                    int id = base + round % 64;
                    own.writeRegister(ApicRegister.ID, id << 24);
                    assertThat(rig.bus.map().physical(id)).isSameAs(own);
                }
            });
        }
        AtomicReference<Throwable> failure = new AtomicReference<>();
        for (Thread owner : owners) {
            owner.setUncaughtExceptionHandler((thread, thrown) -> failure.set(thrown));
            owner.start();
        }
        for (Thread owner : owners) {
            owner.join();
        }
        assertThat(failure.get()).isNull();
        assertThat(rig.bus.map().physical(2999 % 64)).isSameAs(rig.apics[0]);
        assertThat(rig.bus.map().physical(64 + 2999 % 64)).isSameAs(rig.apics[1]);
    }

    @Test
    void maxApicIdIs255AtLeast() {
        assertThat(ApicRig.xapic(2).bus.map().maxApicId()).isEqualTo(255);
        assertThat(new ApicRig(0, 700).bus.map().maxApicId()).isEqualTo(700);
        assertThat(new ApicBus(Transit.IMMEDIATE, ApicListener.NONE).map().maxApicId())
                .isEqualTo(255);
    }

    @Test
    void onlyHardwareEnabledApicsAreInTheMap() {
        ApicRig rig = ApicRig.xapic(3);
        ApicRig.disable(rig.apics[1]);
        assertThat(rig.bus.map().size()).isEqualTo(2);
        assertThat(rig.bus.map().physical(1)).isNull();
        ApicRig.softwareDisable(rig.apics[2]);
        assertThat(rig.bus.map().physical(2)).isSameAs(rig.apics[2]);
        assertThat(rig.bus.size()).isEqualTo(3);
    }

    @Test
    void idsOutsideTheTableBelongToNobody() {
        DestinationMap map = ApicRig.x2apic(2).bus.map();
        assertThat(map.physical(256)).isNull();
        assertThat(map.physical(-1)).isNull();
        assertThat(map.physical(Integer.MIN_VALUE)).isNull();
    }

    @Test
    void apicsAreInOrderOfTheirIdsHoweverTheyWereMade() {
        DestinationMap map = new ApicRig(9, 2, 300, 0).bus.map();
        assertThat(IntStream.range(0, map.size()).map(i -> map.apic(i).x2ApicId()))
                .containsExactly(0, 2, 9, 300);
    }

    // KVM: ids above 255 share 8-bit ids until x2APIC mode is on.
    @Test
    void largeIdsAliasUntilTheyEnterX2apicMode() {
        ApicRig rig = new ApicRig(0, 256);
        assertThat(rig.bus.map().physicalIdAliased()).isTrue();
        ApicRig.toX2apic(rig.apics[0]);
        assertThat(rig.bus.map().physicalIdAliased()).isTrue();
        ApicRig.toX2apic(rig.apics[1]);
        assertThat(rig.bus.map().physicalIdAliased()).isFalse();
    }

    @Test
    void mixedSharedAndMultiBitLogicalIdsAreOdd() {
        ApicRig rig = ApicRig.xapic(2);
        assertThat(rig.bus.map().logicalIdAliased()).isFalse();
        rig.apics[0].writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24);
        rig.apics[1].writeRegister(ApicRegister.LOGICAL_DESTINATION, 2 << 24);
        assertThat(rig.bus.map().logicalIdAliased()).isFalse();
        rig.apics[1].writeRegister(ApicRegister.LOGICAL_DESTINATION, 1 << 24);
        assertThat(rig.bus.map().logicalIdAliased()).isTrue();
        rig.apics[1].writeRegister(ApicRegister.LOGICAL_DESTINATION, 6 << 24);
        assertThat(rig.bus.map().logicalIdAliased()).isTrue();
        rig.apics[1].writeRegister(ApicRegister.LOGICAL_DESTINATION, 2 << 24);
        rig.apics[1].writeRegister(ApicRegister.DESTINATION_FORMAT, 0);
        assertThat(rig.bus.map().logicalIdAliased()).isTrue();
        ApicRig.toX2apic(rig.apics[1]);
        assertThat(rig.bus.map().logicalIdAliased()).isTrue();
        ApicRig.toX2apic(rig.apics[0]);
        assertThat(rig.bus.map().logicalIdAliased()).isFalse();
    }

    // KVM: a difference by truncation alone does not count as modified.
    @Test
    void aModifiedXapicIdIsSeen() {
        ApicRig rig = new ApicRig(0, 0x102);
        assertThat(rig.bus.map().xapicIdModified()).isFalse();
        rig.apics[0].writeRegister(ApicRegister.ID, 7 << 24);
        assertThat(rig.bus.map().xapicIdModified()).isTrue();
        ApicRig.toX2apic(rig.apics[0]);
        assertThat(rig.bus.map().xapicIdModified()).isFalse();
    }
}
