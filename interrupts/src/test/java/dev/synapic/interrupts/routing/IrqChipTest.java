// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.ioapic.IoApicModel;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.routing.GsiRoute.HvSint;
import dev.synapic.interrupts.routing.GsiRoute.IrqChipPin;
import dev.synapic.interrupts.routing.GsiRoute.Msi;
import dev.synapic.spec.x86.RedirectionEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** KVM API: KVM_SET_GSI_ROUTING, KVM_IRQ_LINE, KVM_SIGNAL_MSI, KVM_IRQFD. */
class IrqChipTest {
    private static final int GSI = 24;
    private static final int VP = 5;
    private static final int SINT = 2;

    /** "raise vp sint", "msi address data", "pin chip pin level source", in order. */
    private final List<String> seen = new ArrayList<>();

    private int sintResult = 1;
    private final IrqChip chip = chip(IrqChip.Mode.FULL, IrqChipListener.NONE);

    private IrqChip chip(IrqChip.Mode mode, IrqChipListener listener) {
        return new IrqChip(mode, this::msi, this::sint, new Pins(), listener);
    }

    private int msi(long address, int data) {
        seen.add("msi " + Long.toHexString(address) + " " + Integer.toHexString(data));
        return 1;
    }

    private int sint(int vpIndex, int sint) {
        seen.add("raise " + vpIndex + " " + sint);
        return sintResult;
    }

    private final class Pins implements PinPort {
        @Override
        public boolean hasPin(int pinChip, int pin) {
            return pinChip == 2 && pin < 24 || pinChip < 2 && pin < 8;
        }

        @Override
        public int setPin(int pinChip, int pin, boolean level, int sourceId) {
            seen.add("pin " + pinChip + " " + pin + " " + (level ? 1 : 0) + " " + sourceId);
            return 1;
        }
    }

    private static void fails(int errno, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        IrqChipException.class,
                        refused -> assertThat(Errno.name(refused.errno())).isEqualTo(Errno.name(errno)));
    }

    private void routeToSint() {
        chip.setGsiRouting(List.of(new HvSint(GSI, VP, SINT)));
    }

    // ---- lines and messages

    @Test
    void aLineWithoutRouteIsIgnored() {
        assertThat(chip.irqLine(GSI, true, IrqChip.USERSPACE_SOURCE_ID)).isEqualTo(IrqChip.IGNORED);
        assertThat(chip.irqLine(-1, true, IrqChip.USERSPACE_SOURCE_ID)).isEqualTo(IrqChip.IGNORED);
        assertThat(chip.irqLine(Integer.MAX_VALUE, true, IrqChip.USERSPACE_SOURCE_ID))
                .isEqualTo(IrqChip.IGNORED);
    }

    @Test
    void loweringAMessageOrSintRouteIsIgnored() {
        chip.setGsiRouting(List.of(new Msi(1, 0xFEE0_0000L, 0x30), new HvSint(2, VP, SINT)));

        assertThat(chip.irqLine(1, false, 0)).isEqualTo(IrqChip.IGNORED);
        assertThat(chip.irqLine(2, false, 0)).isEqualTo(IrqChip.IGNORED);
        assertThat(seen).isEmpty();
    }

    @Test
    void aGsiReachesAllPinsThatShareIt() {
        chip.setGsiRouting(List.of(new IrqChipPin(4, 0, 4), new IrqChipPin(4, 2, 4)));

        assertThat(chip.irqLine(4, true, 3)).isEqualTo(2);
        assertThat(seen).containsExactly("pin 0 4 1 3", "pin 2 4 1 3");
    }

    @Test
    void aRefusedSintTellsItsErrno() {
        routeToSint();
        sintResult = -Errno.ENOENT;

        assertThat(chip.irqLine(GSI, true, 0)).isEqualTo(-Errno.ENOENT);
    }

    @Test
    void aRouteToAPinThatDoesNotExistIsRefusedAndLeavesTheTable() {
        routeToSint();

        fails(Errno.EINVAL, () -> chip.setGsiRouting(List.of(new IrqChipPin(1, 2, 24))));

        assertThat(chip.gsiRouting().hasRoute(GSI)).isTrue();
    }

    @Test
    void withoutIrqChipTheVerbsRefuseAsKvmDoes() {
        IrqChip none = chip(IrqChip.Mode.NONE, IrqChipListener.NONE);

        fails(Errno.EINVAL, () -> none.setGsiRouting(List.of()));
        fails(Errno.EAGAIN, () -> none.irqfdAssign(new EventFd(), GSI));
        assertThat(none.irqLine(GSI, true, 0)).isEqualTo(-Errno.ENXIO);
        assertThat(none.signalMsi(0xFEE0_0000L, 0x30)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void signalledMsiNeedsNoRoute() {
        assertThat(chip.signalMsi(0xFEE0_0000L, 0x30)).isEqualTo(1);
        assertThat(seen).containsExactly("msi fee00000 30");
    }

    // ---- irqfd

    @Test
    void plainIrqfdPulsesTheLine() {
        chip.setGsiRouting(List.of(new IrqChipPin(4, 2, 4)));
        EventFd trigger = new EventFd();
        chip.irqfdAssign(trigger, 4);

        trigger.signal();

        assertThat(seen).containsExactly("pin 2 4 1 0", "pin 2 4 0 0");
    }

    @Test
    void signalsThatWaitAtAssignmentBecomeOneInterrupt() {
        routeToSint();
        EventFd trigger = new EventFd();
        trigger.signal(3);

        chip.irqfdAssign(trigger, GSI);

        assertThat(seen).containsExactly("raise 5 2");
    }

    @Test
    void anEventfdServesOneIrqfdOfAllMachines() {
        IrqChip other = chip(IrqChip.Mode.FULL, IrqChipListener.NONE);
        EventFd trigger = new EventFd();
        chip.irqfdAssign(trigger, GSI);

        fails(Errno.EBUSY, () -> chip.irqfdAssign(trigger, GSI + 1));
        fails(Errno.EBUSY, () -> other.irqfdAssign(trigger, GSI));
        fails(Errno.EBUSY, () -> other.irqfdAssign(trigger, GSI, new EventFd()));
        assertThat(other.hasAckNotifier(GSI))
                .as("a refused assignment leaves nothing behind")
                .isFalse();
        assertThat(chip.irqfdDeassign(trigger, GSI)).isTrue();
        other.irqfdAssign(trigger, GSI);
    }

    @Test
    void impossibleAssignmentsAreRefused() {
        EventFd closed = new EventFd();
        closed.close();
        EventFd both = new EventFd();

        fails(Errno.EINVAL, () -> chip.irqfdAssign(new EventFd(), GsiRoutingTable.MAX_GSI));
        fails(Errno.EINVAL, () -> chip.irqfdAssign(new EventFd(), -1));
        fails(Errno.EINVAL, () -> chip.irqfdAssign(closed, GSI));
        fails(Errno.EINVAL, () -> chip.irqfdAssign(both, GSI, both));
    }

    @Test
    void deassigningWhatIsNotAttachedSucceedsWithoutEffectAsInKvm() {
        assertThat(chip.irqfdDeassign(new EventFd(), GSI)).isFalse();
    }

    @Test
    void closingTheEventfdDetachesItsIrqfd() {
        routeToSint();
        EventFd trigger = new EventFd();
        chip.irqfdAssign(trigger, GSI, new EventFd());

        trigger.close();

        assertThat(chip.hasAckNotifier(GSI)).isFalse();
        assertThat(chip.irqfdDeassign(trigger, GSI)).isFalse();
    }

    @Test
    void anIrqfdFollowsTheRouteThatItsGsiHasNow() {
        routeToSint();
        EventFd trigger = new EventFd();
        chip.irqfdAssign(trigger, GSI);

        chip.setGsiRouting(List.of(new Msi(GSI, 0xFEE0_1000L, 0x41)));
        trigger.signal();

        assertThat(seen).containsExactly("msi fee01000 41");
    }

    // ---- resampling

    @Test
    void resamplerLowersTheLineOnceThenTellsAll() {
        chip.setGsiRouting(List.of(new IrqChipPin(4, 2, 4)));
        EventFd first = new EventFd();
        EventFd second = new EventFd();
        chip.irqfdAssign(new EventFd(), 4, first);
        chip.irqfdAssign(new EventFd(), 4, second);
        first.listen(() -> seen.add("first"));
        second.listen(() -> seen.add("second"));

        chip.acknowledge(4);

        assertThat(seen).containsExactly("pin 2 4 0 1", "first", "second");
    }

    @Test
    void resampledLineStaysUpUntilItIsAcknowledged() {
        chip.setGsiRouting(List.of(new IrqChipPin(4, 2, 4)));
        EventFd trigger = new EventFd();
        chip.irqfdAssign(trigger, 4, new EventFd());

        trigger.signal();

        assertThat(seen).containsExactly("pin 2 4 1 1");
    }

    @Test
    void lastResamplerToLeaveLowersTheLine() {
        chip.setGsiRouting(List.of(new IrqChipPin(4, 2, 4)));
        EventFd first = new EventFd();
        EventFd second = new EventFd();
        chip.irqfdAssign(first, 4, new EventFd());
        chip.irqfdAssign(second, 4, new EventFd());

        chip.irqfdDeassign(first, 4);
        assertThat(seen).isEmpty();
        chip.irqfdDeassign(second, 4);

        assertThat(seen).containsExactly("pin 2 4 0 1");
        assertThat(chip.hasAckNotifier(4)).isFalse();
    }

    @Test
    void acknowledgingASintReachesTheGsiThatIsRoutedToIt() {
        routeToSint();
        EventFd resample = new EventFd();
        chip.irqfdAssign(new EventFd(), GSI, resample);

        chip.acknowledgeSint(VP, SINT + 1);
        chip.acknowledgeSint(VP + 1, SINT);
        assertThat(resample.peek()).isZero();
        chip.acknowledgeSint(VP, SINT);

        assertThat(resample.peek()).isEqualTo(1);
    }

    /**
     * KVM keeps its reverse map across table updates: an EOM then acknowledges a GSI that means something else by now.
     */
    @Test
    void reverseMapForgetsASintWhoseRouteWentAway() {
        routeToSint();
        EventFd resample = new EventFd();
        chip.irqfdAssign(new EventFd(), GSI, resample);

        chip.setGsiRouting(List.of(new Msi(GSI, 0xFEE0_0000L, 0x30)));
        chip.acknowledgeSint(VP, SINT);
        assertThat(resample.peek()).isZero();
        chip.setGsiRouting(List.of());
        chip.acknowledgeSint(VP, SINT);

        assertThat(resample.peek()).isZero();
    }

    @Test
    void notifierThatDetachesANeighbourSparesItTheNews() {
        routeToSint();
        EventFd firstTrigger = new EventFd();
        EventFd secondTrigger = new EventFd();
        EventFd first = new EventFd();
        EventFd second = new EventFd();
        chip.irqfdAssign(firstTrigger, GSI, first);
        chip.irqfdAssign(secondTrigger, GSI, second);
        first.listen(() -> {
            chip.irqfdDeassign(firstTrigger, GSI);
            chip.irqfdDeassign(secondTrigger, GSI);
        });

        chip.acknowledge(GSI);

        assertThat(second.peek()).isZero();
        assertThat(chip.hasAckNotifier(GSI)).isFalse();
        assertThat(chip.gsiRouting().hasRoute(GSI))
                .as("the route is another matter")
                .isTrue();
    }

    @Test
    void notifierMayReassignItsIrqfd() {
        routeToSint();
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        chip.irqfdAssign(trigger, GSI, resample);
        resample.listen(() -> {
            chip.irqfdDeassign(trigger, GSI);
            chip.irqfdAssign(trigger, GSI, resample);
        });

        chip.acknowledge(GSI);
        trigger.signal();

        assertThat(seen).containsExactly("raise 5 2");
    }

    @Test
    void acknowledgementsOfManyGsisAllArrive() {
        AtomicInteger heard = new AtomicInteger();
        for (int gsi = 0; gsi < GsiRoutingTable.MAX_GSI; gsi += 63) {
            chip.addAckNotifier(gsi, acked -> heard.incrementAndGet());
        }
        AckNotifier all = gsi -> {
            for (int other = 0; other < GsiRoutingTable.MAX_GSI; other += 63) {
                chip.acknowledge(other);
            }
        };
        chip.addAckNotifier(1, all);

        chip.acknowledge(1);

        assertThat(heard).hasValue(66);
    }

    // ---- storms

    /** Re-asserting while the acknowledgement runs is a device's normal life, and costs one raise. */
    @Test
    void deviceThatReassertsWithinTheNotificationRaisesOnce() {
        routeToSint();
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        chip.irqfdAssign(trigger, GSI, resample);
        resample.listen(trigger::signal);

        chip.acknowledge(GSI);

        assertThat(seen).containsExactly("raise 5 2");
        assertThat(chip.hasDeferredAcks()).isFalse();
    }

    /**
     * CVE-2020-27152: an edge-like route acknowledges as soon as it is raised, and the resampler raises as soon as it
     * hears.
     */
    @Test
    void resamplerOnARouteThatAcknowledgesAtOnceTerminates() {
        List<Integer> storms = new ArrayList<>();
        IrqChip[] self = new IrqChip[1];
        int[] depth = new int[2];
        SintPort edgeLike = (vpIndex, sint) -> {
            depth[1] = Math.max(depth[1], ++depth[0]);
            seen.add("raise");
            self[0].acknowledgeSint(vpIndex, sint);
            depth[0]--;
            return 1;
        };
        self[0] = new IrqChip(IrqChip.Mode.FULL, this::msi, edgeLike, PinPort.ABSENT, new IrqChipListener() {
            @Override
            public void ackStorm(int gsi) {
                storms.add(gsi);
            }
        });
        self[0].setGsiRouting(List.of(new HvSint(GSI, VP, SINT)));
        EventFd trigger = new EventFd();
        EventFd resample = new EventFd();
        self[0].irqfdAssign(trigger, GSI, resample);
        resample.listen(trigger::signal);

        trigger.signal();

        assertThat(seen).hasSizeBetween(2, 2 * Turnstile.MAX_OWN_ARRIVALS);
        assertThat(depth[1]).as("no recursion").isLessThanOrEqualTo(2);
        assertThat(storms).as("told, if at all, of this line").allMatch(gsi -> gsi == GSI);
        int before = seen.size();
        self[0].runDeferredAcks();
        assertThat(seen.size())
                .as("what was cut off goes on when asked, bounded again")
                .isBetween(before, before + 200);
    }

    @Test
    void notifierThatAcknowledgesItselfTerminatesAndStaysPending() {
        List<Integer> storms = new ArrayList<>();
        IrqChip stormy = chip(IrqChip.Mode.FULL, new IrqChipListener() {
            @Override
            public void ackStorm(int gsi) {
                storms.add(gsi);
            }
        });
        AtomicInteger heard = new AtomicInteger();
        stormy.addAckNotifier(9, gsi -> {
            heard.incrementAndGet();
            stormy.acknowledge(gsi);
        });

        stormy.acknowledge(9);

        assertThat(heard).hasValue(Turnstile.MAX_OWN_ARRIVALS + 1);
        assertThat(storms).containsExactly(9);
        assertThat(stormy.hasDeferredAcks()).isTrue();
        stormy.runDeferredAcks();
        assertThat(heard).hasValue(2 * (Turnstile.MAX_OWN_ARRIVALS + 1));
    }

    @Test
    void pinPortWithoutChipsMakesEveryPinRouteInvalid() {
        IrqChip bare =
                new IrqChip(IrqChip.Mode.SPLIT, this::msi, SintPort.ABSENT, PinPort.ABSENT, IrqChipListener.NONE);

        fails(Errno.EINVAL, () -> bare.setGsiRouting(List.of(new IrqChipPin(0, 2, 0))));
        bare.setGsiRouting(List.of(new HvSint(0, 0, 0)));
        assertThat(bare.irqLine(0, true, 0)).isEqualTo(-Errno.EINVAL);
    }

    /** A VMM's guest may program the I/O APIC before the VMM has set a route. */
    @Test
    void beforeThereIsARoutePinsAreMaskedUnmaskedAndEndedAllTheSame() {
        IrqChips chips =
                new IrqChips(IoApicModel.V11, this::msi, intr -> {}, () -> 0, IoApicListener.NONE, PicListener.NONE);
        IrqChip unrouted = new IrqChip(IrqChip.Mode.FULL, this::msi, this::sint, chips, IrqChipListener.NONE);
        chips.ioApic().write(0x00, 4, 0x10 + 2 * 9);
        chips.ioApic().write(0x10, 4, RedirectionEntry.LEVEL_TRIGGERED | 0x41);
        assertThat(chips.setPin(IrqChips.IOAPIC, 9, true, 0)).isEqualTo(1);
        assertThat(unrouted.irqLine(9, true, 0)).isNegative();
        assertThat(seen).containsExactly("msi fee00000 c041");
    }
}
