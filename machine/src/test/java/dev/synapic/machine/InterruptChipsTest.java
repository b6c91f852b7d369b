// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicModel;
import dev.synapic.interrupts.apic.DirectedEoi;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.SintPort;
import dev.synapic.machine.device.DeviceTime;
import dev.synapic.machine.schedule.ChangeCount;
import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.IoApicRegister;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Interrupt chips in the hypervisor (FULL) and in the VMM (SPLIT): the guest finds no difference. */
class InterruptChipsTest {
    private static final int PIN = 5;
    private static final int VECTOR = 0x51;
    private static final int LEVEL = 1 << 15;
    private static final int MASKED = 1 << 16;

    private static final class Rig {
        final DeviceTime time = new DeviceTime();
        final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        final ChangeCount changes = new ChangeCount();
        final InterruptChips chips;
        final LocalApic apic;

        Rig(PcConfig pc) {
            chips = new InterruptChips(
                    pc,
                    true,
                    bus::sendMsi,
                    bus::sendMsi,
                    SintPort.ABSENT,
                    asserted -> {},
                    time,
                    changes,
                    IrqChipListener.NONE);
            ApicModel model = ApicModel.DEFAULT.with(pc.switches().directedEoi(pc.irqchip()));
            apic = new LocalApic(0, true, model, bus, new Stopped(), ApicListener.NONE);
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
            apic.onEoi(chips.processors());
        }

        Rig(IrqChip.Mode mode) {
            this(PcConfig.standard().withIrqchip(mode));
        }

        long register(int index) {
            chips.chips().ioApic().write(IoApicRegister.SELECT, 4, index);
            return chips.chips().ioApic().read(IoApicRegister.WINDOW, 4);
        }

        void entry(int low) {
            chips.chips().ioApic().write(IoApicRegister.SELECT, 4, IoApicRegister.REDIRECTION_TABLE + 2 * PIN);
            chips.chips().ioApic().write(IoApicRegister.WINDOW, 4, low);
        }

        int take() {
            int vector = apic.pendingVector();
            if (vector != LocalApic.NO_VECTOR) {
                apic.acknowledge(vector);
            }
            return vector;
        }
    }

    private record Stopped() implements ApicClock {
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
    }

    /** KUT ioapic, "level triggered intr" and "retriggered level": both ends of a level's life, wherever the chip stands. */
    @ParameterizedTest
    @EnumSource(
            value = IrqChip.Mode.class,
            names = {"FULL", "SPLIT"})
    void aLevelThatIsStillUpComesAgainAfterItsEoi(IrqChip.Mode mode) {
        Rig rig = new Rig(mode);
        rig.entry(VECTOR | LEVEL);
        int source = rig.chips.devices().allocateSourceId();

        rig.chips.devices().irqLine(PIN, true, source);
        assertThat(rig.take()).isEqualTo(VECTOR);
        assertThat(rig.take()).isEqualTo(LocalApic.NO_VECTOR);
        rig.apic.eoi();
        assertThat(rig.take()).isEqualTo(VECTOR);
        rig.chips.devices().irqLine(PIN, false, source);
        rig.apic.eoi();

        assertThat(rig.take()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(rig.register(0x10 + 2 * PIN) & 1 << 14).as("remote-IRR").isZero();
    }

    /** QEMU, ioapic_update_kvm_routes: a route per unmasked pin; a masked one stays for the EOI that is under way. */
    @Test
    void splitEntriesAreRoutesOnceTheyAreUnmasked() {
        Rig rig = new Rig(IrqChip.Mode.SPLIT);
        rig.entry(VECTOR | LEVEL | MASKED);
        assertThat(rig.chips.processors().gsiRouting().entries()).isEmpty();
        long before = rig.changes.count();

        rig.entry(VECTOR | LEVEL);

        GsiRoute.Msi route = new GsiRoute.Msi(PIN, 0xFEE0_0000L, 0xC051);
        assertThat(rig.chips.processors().gsiRouting().entries()).isEqualTo(List.of(route));
        assertThat(rig.changes.count()).as("EOI-exit bitmaps are out of date").isGreaterThan(before);
        rig.entry(MASKED);
        assertThat(rig.chips.processors().gsiRouting().entries()).isEqualTo(List.of(route));
    }

    @Test
    void aFullChipHasItsPinsInTheTable() {
        Rig rig = new Rig(IrqChip.Mode.FULL);

        assertThat(rig.chips.processors()).isSameAs(rig.chips.devices());
        assertThat(rig.chips.devices().gsiRouting().entries())
                .contains(new GsiRoute.IrqChipPin(0, 2, 2), new GsiRoute.IrqChipPin(PIN, 2, PIN));
    }

    /** KVM's in-kernel I/O APIC says 0x11, QEMU's own 0x20 (semantics, "IOAPIC version"). */
    @Test
    void versionsAreThoseOfKvmAndQemuUnlessChosen() {
        InterruptSwitches chosen = InterruptSwitches.STANDARD.with(DirectedEoi.ENABLED, IoApicModel.Version.V20);

        assertThat(new Rig(IrqChip.Mode.FULL).register(1)).isEqualTo(0x0017_0011);
        assertThat(new Rig(IrqChip.Mode.SPLIT).register(1)).isEqualTo(0x0017_0020);
        assertThat(new Rig(PcConfig.standard().withSwitches(chosen)).register(1))
                .isEqualTo(0x0017_0020);
    }

    /** KVM: full not announced, split announced and not obeyed; ENABLED is obeyed (SDM vol. 3A, 12.8.5). */
    @Test
    void directedEoiFollowsWhereTheChipStands() {
        assertThat(new Rig(IrqChip.Mode.FULL).apic.readRegister(ApicRegister.VERSION) >>> 24)
                .isZero();
        Rig quirked = new Rig(IrqChip.Mode.SPLIT);
        assertThat(quirked.apic.readRegister(ApicRegister.VERSION) >>> 24).isEqualTo(1);

        assertThat(remoteIrrAfterSuppressedEoi(quirked)).isFalse();
        PcConfig split = PcConfig.standard().withIrqchip(IrqChip.Mode.SPLIT);
        Rig enabled = new Rig(
                split.withSwitches(InterruptSwitches.STANDARD.with(DirectedEoi.ENABLED, IoApicModel.Version.V20)));
        assertThat(remoteIrrAfterSuppressedEoi(enabled)).isTrue();
        enabled.chips.chips().ioApic().write(IoApicRegister.EOI, 4, VECTOR);
        assertThat(enabled.register(0x10 + 2 * PIN) & 1 << 14)
                .as("EOI register")
                .isZero();
    }

    private static boolean remoteIrrAfterSuppressedEoi(Rig rig) {
        rig.apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x11FF);
        rig.entry(VECTOR | LEVEL);
        rig.chips.devices().irqLine(PIN, true, IrqChip.USERSPACE_SOURCE_ID);
        rig.chips.devices().irqLine(PIN, false, IrqChip.USERSPACE_SOURCE_ID);
        rig.take();
        rig.apic.eoi();
        return (rig.register(0x10 + 2 * PIN) & 1 << 14) != 0;
    }

    @Test
    void directedEoiWithoutAnEoiRegisterIsRefused() {
        assertThatThrownBy(() -> InterruptSwitches.STANDARD.with(DirectedEoi.ENABLED, IoApicModel.Version.V11))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("0x20");
    }

    /** KVM and QEMU: 10,000 EOIs with the line up, then 10 ms. Only EOIs happen, and yet the brake is released on time. */
    @ParameterizedTest
    @EnumSource(
            value = IrqChip.Mode.class,
            names = {"FULL", "SPLIT"})
    void theBrakeIsReleasedByTime(IrqChip.Mode mode) {
        Rig rig = new Rig(mode);
        rig.entry(VECTOR | LEVEL);
        rig.chips.devices().irqLine(PIN, true, IrqChip.USERSPACE_SOURCE_ID);
        for (int i = 0; i < 10_000; i++) {
            assertThat(rig.take()).isEqualTo(VECTOR);
            rig.apic.eoi();
        }
        assertThat(rig.take()).isEqualTo(LocalApic.NO_VECTOR);

        rig.time.pass(10 * DeviceTime.MILLISECOND - 1);
        assertThat(rig.take()).isEqualTo(LocalApic.NO_VECTOR);
        rig.time.pass(1);

        assertThat(rig.take()).isEqualTo(VECTOR);
    }

    /** An acknowledgement that re-asserts without end is cut off and goes on later, so that nothing is lost (CVE-2020-27152). */
    @Test
    void aStormOfAcknowledgementsGoesOnLater() {
        Rig rig = new Rig(IrqChip.Mode.FULL);
        int[] told = {0};
        rig.chips.devices().addAckNotifier(PIN, gsi -> {
            if (++told[0] < 100_000) {
                rig.chips.devices().acknowledge(gsi);
            }
        });

        rig.chips.devices().acknowledge(PIN);
        int cutOff = told[0];
        assertThat(cutOff).isLessThan(100_000);
        rig.time.pass(10 * DeviceTime.MILLISECOND);

        assertThat(told[0]).isGreaterThan(cutOff);
    }

    /** KVM, MSI_EXT_DEST_ID: entry bits 55:49 are destination bits 14:8; 0x12C is 300. */
    @Test
    void aPinReachesAnIdAbove255WhereTheGuestWasToldOfExtendedDestinations() {
        Rig rig = new Rig(IrqChip.Mode.FULL);
        LocalApic far = new LocalApic(300, false, ApicModel.DEFAULT, rig.bus, new Stopped(), ApicListener.NONE);
        far.setApicBase(far.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
        far.writeMsr(ApicRegister.msr(ApicRegister.SPURIOUS_VECTOR), 0x1FF);
        rig.chips.chips().ioApic().write(IoApicRegister.SELECT, 4, IoApicRegister.REDIRECTION_TABLE + 2 * PIN + 1);
        rig.chips.chips().ioApic().write(IoApicRegister.WINDOW, 4, 0x2C02_0000L);
        rig.entry(VECTOR);

        rig.chips.devices().irqLine(PIN, true, IrqChip.USERSPACE_SOURCE_ID);

        assertThat(far.pendingVector()).isEqualTo(VECTOR);
    }
}
