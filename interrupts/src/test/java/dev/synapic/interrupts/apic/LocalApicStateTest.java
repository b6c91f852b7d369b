// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DeliveryMode;
import dev.synapic.spec.x86.DestinationMode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Saving and restoring one local APIC as a record, and what INIT leaves of it. */
class LocalApicStateTest {
    private static final int TSC_DEADLINE = 2 << 17;
    private static final int PERIODIC = 1 << 17;

    private final ApicRig rig = ApicRig.xapic(2);
    private final LocalApic apic = rig.apics[0];
    private final ApicRig other = new ApicRig(0, 1);
    private final LocalApic moved = other.apics[0];

    private void move() {
        moved.restore(apic.save());
        assertThat(moved.save()).isEqualTo(apic.save());
    }

    /** KVM merges the posted-interrupt requests before KVM_GET_LAPIC. */
    @Test
    void whatWaitsInTheMailboxIsSavedAsRequested() {
        apic.arrive(ApicRequest.level(DeliveryMode.FIXED, 0x51));
        apic.arrive(ApicRequest.edge(DeliveryMode.NMI, 0));

        move();

        assertThat(moved.pendingVector()).isEqualTo(0x51);
        assertThat(moved.tmr().contains(0x51)).isTrue();
        assertThat(moved.takeNmi()).isTrue();
    }

    @Test
    void whatWaitedInTheRestoredOnesMailboxIsGone() {
        ApicRig.enable(moved);
        moved.arrive(ApicRequest.fixed(0x77));
        moved.arrive(ApicRequest.edge(DeliveryMode.NMI, 0));

        move();

        assertThat(moved.irr().isEmpty()).isTrue();
        assertThat(moved.hasEvents()).isFalse();
    }

    /** semantics of KVM_GET_LAPIC lose the phase between two ticks; a due time does not. */
    @Test
    void timerGoesOnToItsDueTime() {
        apic.writeRegister(ApicRegister.LVT_TIMER, PERIODIC | 0x40);
        apic.writeRegister(ApicRegister.INITIAL_COUNT, 1000);
        rig.clock.nanos = 777;
        other.clock.nanos = 777;

        move();

        assertThat(moved.timerDeadlineNanos()).isEqualTo(2000);
        other.clock.nanos = 1999;
        moved.expireTimer();
        assertThat(moved.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        other.clock.nanos = 2000;
        moved.expireTimer();
        assertThat(moved.pendingVector()).isEqualTo(0x40);
        assertThat(moved.timerDeadlineNanos()).isEqualTo(4000);
    }

    @Test
    void timerThatIsDueWhenItIsRestoredFiresOnceWhenTheMachineRuns() {
        apic.writeRegister(ApicRegister.LVT_TIMER, 0x40);
        apic.writeRegister(ApicRegister.INITIAL_COUNT, 10);
        other.clock.nanos = 1_000_000_000_000L;

        move();
        assertThat(moved.irr().isEmpty()).as("restoring delivers nothing").isTrue();
        moved.expireTimer();

        assertThat(ApicRig.drain(moved)).containsExactly(0x40);
        assertThat(moved.timerDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void armedDeadlineIsKept() {
        apic.writeRegister(ApicRegister.LVT_TIMER, TSC_DEADLINE | 0x40);
        apic.setTscDeadline(5_000);

        move();

        assertThat(moved.tscDeadline()).isEqualTo(5_000);
        assertThat(moved.timerDeadlineNanos()).isEqualTo(apic.timerDeadlineNanos());
    }

    @Test
    void errorsOutOfSightAreKept() {
        apic.readRegister(0x3D0);

        move();

        assertThat(moved.errorStatus()).isZero();
        moved.writeRegister(ApicRegister.ERROR_STATUS, 0);
        assertThat(moved.errorStatus()).isEqualTo(0x80);
    }

    @Test
    void messagesFindTheRestoredApicByItsIds() {
        ApicRig.toX2apic(apic);

        move();
        other.bus.send(0x1, DestinationMode.LOGICAL, ApicRequest.fixed(0x61));

        assertThat(other.holders(0x61)).contains(0);
    }

    /** A level that is in service is requested again at its EOI, not at the restore. */
    @Test
    void pinThatIsUpIsNotRequestedAnew() {
        apic.writeRegister(ApicRegister.LVT_LINT0, 0x70 | 1 << 15);
        apic.lint(0, true);
        apic.acknowledge(apic.pendingVector());

        move();

        assertThat(moved.irr().isEmpty()).isTrue();
        moved.eoi();
        assertThat(moved.irr().contains(0x70)).isTrue();
    }

    /** OpenVMM's stack of vectors in service cannot hold such a state. */
    @Test
    void severalVectorsOfOneClassInServiceEndFromTheTop() {
        moved.restore(with(state -> new LocalApicState.Vectors(
                state.irr(), List.of(0L, 7L, 0L, 0L), state.tmr(), state.autoEoi(), state.tpr())));

        assertThat(moved.eoi()).isEqualTo(0x42);
        assertThat(moved.eoi()).isEqualTo(0x41);
        assertThat(moved.processorPriority()).isEqualTo(0x40);
        assertThat(moved.eoi()).isEqualTo(0x40);
        assertThat(moved.eoi()).isEqualTo(LocalApic.NO_VECTOR);
    }

    private LocalApicState with(UnaryOperator<LocalApicState.Vectors> change) {
        LocalApicState state = apic.save();
        return new LocalApicState(
                state.version(),
                state.initialApicId(),
                state.base(),
                state.ids(),
                change.apply(state.vectors()),
                state.registers(),
                state.localVectors(),
                state.timer(),
                state.events(),
                state.smis());
    }

    /** INIT is power-on but for mode, base and ids (SDM 12.4.7.3); pins and SMIs are not its business. */
    @Test
    void initLeavesModeBaseAndIdsAndNothingElse() {
        ApicRig.toX2apic(apic);
        apic.setTaskPriority(0x35);
        apic.setTscDeadline(5_000);
        apic.arrive(ApicRequest.fixed(0x51));
        apic.arrive(ApicRequest.edge(DeliveryMode.NMI, 0));
        apic.writeMsr(ApicRegister.msr(ApicRegister.LVT_TIMER), TSC_DEADLINE | 0x40);

        apic.init();

        ApicRig.toX2apic(moved);
        assertThat(apic.save()).isEqualTo(moved.save());
    }

    // ---- what no APIC can be

    @Test
    void stateOfAnotherApicOrVersionIsRefused() {
        assertThatThrownBy(() -> other.apics[1].restore(apic.save()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the state is that of APIC 0, not of APIC 1");
        LocalApicState good = apic.save();
        assertThatThrownBy(() -> new LocalApicState(
                        2,
                        0,
                        good.base(),
                        good.ids(),
                        good.vectors(),
                        good.registers(),
                        good.localVectors(),
                        good.timer(),
                        good.events(),
                        0))
                .hasMessageContaining("version 2 is unknown");
    }

    @Test
    void stateWantsTheModelThatWasSaved() {
        apic.writeRegister(ApicRegister.LVT_TIMER, TSC_DEADLINE | 0x40);
        apic.setTscDeadline(5_000);
        ApicModel old = new ApicModel(false, false, false, 46, 1, ReservedBits.STRICT);
        LocalApic without = new ApicRig(old, 0).apics[0];

        assertThatThrownBy(() -> without.restore(apic.save())).hasMessageContaining("TSC deadline");
        apic.setTscDeadline(0);
        ApicRig.toX2apic(apic);
        assertThatThrownBy(() -> without.restore(apic.save())).hasMessageContaining("IA32_APIC_BASE");
    }

    @Test
    void partsThatNoApicHasAreRefusedWithOneLine() {
        List<Runnable> hostile = new ArrayList<>();
        List<Long> none = List.of(0L, 0L, 0L, 0L);
        hostile.add(() -> new LocalApicState.Vectors(List.of(1L << 3, 0L, 0L, 0L), none, none, none, 0));
        hostile.add(() -> new LocalApicState.Vectors(none, List.of(0L), none, none, 0));
        hostile.add(() -> new LocalApicState.Vectors(none, none, none, none, 256));
        hostile.add(() -> new LocalApicState.Events(3, false, false, -1, false));
        hostile.add(() -> new LocalApicState.Events(2, true, false, -1, false));
        hostile.add(() -> new LocalApicState.Events(0, false, false, 256, true));
        hostile.add(() -> new LocalApicState.Events(0, false, false, 8, false));
        hostile.add(() -> new LocalApicState.LocalVectors(List.of(), 0, new LocalApicState.Errors(0, 0)));
        hostile.add(() -> withTimer(PERIODIC, new LocalApicState.Timer(0, 0, 100, 0)));
        hostile.add(() -> withTimer(0, new LocalApicState.Timer(0, 10, -5, 0)));
        hostile.add(() -> withTimer(0, new LocalApicState.Timer(0, 0, Long.MAX_VALUE, 5)));
        hostile.add(() -> withTimer(TSC_DEADLINE, new LocalApicState.Timer(0, 10, 100, 0)));

        for (Runnable making : hostile) {
            assertThatThrownBy(making::run)
                    .isInstanceOf(IllegalArgumentException.class)
                    .message()
                    .isNotBlank()
                    .doesNotContain("\n");
        }
    }

    /** A deadline further ahead than any count reaches shows a count and does not overflow when it is divided. */
    @Test
    void deadlineBeyondThePeriodIsBounded() {
        moved.restore(withTimer(0, new LocalApicState.Timer(0, 10, Long.MAX_VALUE - 1, 0)));

        assertThat(moved.readRegister(ApicRegister.CURRENT_COUNT)).isEqualTo(10);
        moved.writeRegister(ApicRegister.DIVIDE_CONFIGURATION, 0xA);
        assertThat(moved.timerDeadlineNanos()).isBetween(0L, 10L * 128);
    }

    private LocalApicState withTimer(int entry, LocalApicState.Timer timer) {
        LocalApicState state = apic.save();
        List<Integer> entries = new ArrayList<>(state.localVectors().entries());
        entries.set(0, entry | 0x40);
        return new LocalApicState(
                state.version(),
                state.initialApicId(),
                state.base(),
                state.ids(),
                state.vectors(),
                state.registers(),
                new LocalApicState.LocalVectors(entries, 0, state.localVectors().errors()),
                timer,
                state.events(),
                state.smis());
    }
}
