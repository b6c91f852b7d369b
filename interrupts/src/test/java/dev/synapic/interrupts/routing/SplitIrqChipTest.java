// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.ApicRig;
import dev.synapic.interrupts.apic.DirectedEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.VectorBitmap;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.Svr;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** KVM_CAP_SPLIT_IRQCHIP and KVM_EXIT_IOAPIC_EOI. */
class SplitIrqChipTest {
    private static final int LEVEL_31 = 0x8031;

    private final List<String> exits = new ArrayList<>();

    private IrqChip split(ApicRig rig, int routes) {
        IrqChip chip = IrqChip.split(
                rig.bus::sendMsi,
                SintPort.ABSENT,
                IrqChipListener.NONE,
                routes,
                (apic, vector) -> exits.add(apic.x2ApicId() + ":" + Integer.toHexString(vector)));
        for (LocalApic apic : rig.apics) {
            apic.onEoi(chip);
        }
        return chip;
    }

    private static void takeAndEnd(LocalApic apic) {
        apic.acknowledge(apic.pendingVector());
        apic.eoi();
    }

    private static VectorBitmap exitsOf(IrqChip chip, LocalApic apic) {
        VectorBitmap vectors = new VectorBitmap();
        chip.collectEoiExits(apic, vectors);
        return vectors;
    }

    @Test
    void endOfALevelRouteGoesToTheVmmsIoApic() {
        ApicRig rig = ApicRig.xapic(2);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(
                List.of(new GsiRoute.Msi(5, 0xFEE0_1000L, LEVEL_31), new GsiRoute.Msi(6, 0xFEE0_1000L, 0x32)));

        chip.irqLine(5, true, 0);
        takeAndEnd(rig.apics[1]);
        assertThat(exits).containsExactly("1:31");
        chip.irqLine(6, true, 0);
        takeAndEnd(rig.apics[1]);

        assertThat(exits).as("an edge is nobody's").hasSize(1);
    }

    @Test
    void routesBeyondTheReservedOnesAreOtherDevices() {
        ApicRig rig = ApicRig.xapic(1);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(List.of(new GsiRoute.Msi(24, 0xFEE0_0000L, LEVEL_31)));

        chip.irqLine(24, true, 0);
        takeAndEnd(rig.apics[0]);

        assertThat(exits).isEmpty();
        assertThat(exitsOf(chip, rig.apics[0]).isEmpty()).isTrue();
    }

    @Test
    void severalRoutesOnAVectorAreOneExit() {
        ApicRig rig = ApicRig.xapic(1);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(
                List.of(new GsiRoute.Msi(5, 0xFEE0_0000L, LEVEL_31), new GsiRoute.Msi(9, 0xFEE0_0000L, LEVEL_31)));

        chip.irqLine(5, true, 0);
        takeAndEnd(rig.apics[0]);

        assertThat(exits).containsExactly("0:31");
    }

    @Test
    void sameVectorElsewhereForAnotherUseIsNotTheIoApics() {
        ApicRig rig = ApicRig.xapic(2);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(List.of(new GsiRoute.Msi(5, 0xFEE0_1000L, LEVEL_31)));

        rig.bus.sendMsi(0xFEE0_0000L, 0x31);
        takeAndEnd(rig.apics[0]);

        assertThat(exits).isEmpty();
    }

    /** KVM's stale pending EOI: the route moved while its interrupt was under way. */
    @Test
    void interruptThatWasUnderWayWhenItsRouteMovedStillEndsAtTheIoApic() {
        ApicRig rig = ApicRig.xapic(2);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(List.of(new GsiRoute.Msi(5, 0xFEE0_0000L, LEVEL_31)));
        chip.irqLine(5, true, 0);

        chip.setGsiRouting(List.of(new GsiRoute.Msi(5, 0xFEE0_1000L, LEVEL_31)));

        assertThat(exitsOf(chip, rig.apics[0]).contains(0x31)).isTrue();
        takeAndEnd(rig.apics[0]);
        assertThat(exits).containsExactly("0:31");
        assertThat(exitsOf(chip, rig.apics[0]).contains(0x31)).as("over").isFalse();
        assertThat(exitsOf(chip, rig.apics[1]).contains(0x31)).isTrue();
    }

    /** KVM refuses this with EINVAL. */
    @Test
    void resamplerWorksWithoutAnIoApicInTheFabric() {
        ApicRig rig = ApicRig.xapic(1);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(List.of(new GsiRoute.Msi(5, 0xFEE0_0000L, LEVEL_31)));
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        chip.irqfdAssign(trigger, 5, resample);

        trigger.signal();
        takeAndEnd(rig.apics[0]);

        assertThat(resample.peek()).isEqualTo(1);
        assertThat(exits).containsExactly("0:31");
    }

    @Test
    void edgeRouteWithResamplerExitsAndIsNotTheIoApics() {
        ApicRig rig = ApicRig.xapic(1);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(List.of(new GsiRoute.Msi(5, 0xFEE0_0000L, 0x31)));
        assertThat(exitsOf(chip, rig.apics[0]).isEmpty()).isTrue();
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        chip.irqfdAssign(trigger, 5, resample);
        assertThat(exitsOf(chip, rig.apics[0]).contains(0x31)).isTrue();

        trigger.signal();
        takeAndEnd(rig.apics[0]);

        assertThat(resample.peek()).isEqualTo(1);
        assertThat(exits).isEmpty();
    }

    @Test
    void suppressedBroadcastLeavesTheEndToTheVmmsEoiRegister() {
        ApicRig rig = new ApicRig(ApicModel.DEFAULT.with(DirectedEoi.ENABLED), 0);
        rig.apics[0].writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF | Svr.SUPPRESS_EOI_BROADCAST);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(List.of(new GsiRoute.Msi(5, 0xFEE0_0000L, LEVEL_31)));

        chip.irqLine(5, true, 0);
        takeAndEnd(rig.apics[0]);

        assertThat(exits).isEmpty();
    }

    @Test
    void routesWithoutVectorDoNotExit() {
        ApicRig rig = ApicRig.xapic(1);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(
                List.of(new GsiRoute.Msi(5, 0xFEE0_0000L, 0x8431), new GsiRoute.Msi(6, 0xFEE0_0000L, 0x800F)));

        assertThat(exitsOf(chip, rig.apics[0]).isEmpty()).isTrue();
    }

    @Test
    void numberOfRoutesIsChecked() {
        ApicRig rig = ApicRig.xapic(1);

        assertThatThrownBy(() -> split(rig, -1)).hasMessageStartingWith("EINVAL");
        assertThatThrownBy(() -> split(rig, 4097)).hasMessageStartingWith("EINVAL");
        split(rig, 4096);
    }

    /** Only the remapping unit knows where such a message ends (VT-d, 5.1.2.2), so its EOI is heard wherever it comes from. */
    @Test
    void routeForARemappingUnitIsHeardEverywhere() {
        ApicRig rig = ApicRig.xapic(2);
        IrqChip chip = split(rig, 24);
        chip.setGsiRouting(List.of(new GsiRoute.Msi(5, 0xFEE0_0010L, LEVEL_31)));

        assertThat(exitsOf(chip, rig.apics[0]).contains(0x31)).isTrue();
        assertThat(exitsOf(chip, rig.apics[1]).contains(0x31)).isTrue();
    }
}
