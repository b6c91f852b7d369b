// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.routing;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** Routing, irqfds, resamplers and notifiers: "any thread". */
public final class IrqChipStress {
    private static final int GSI = 5;
    private static final int OTHER_GSI = 6;
    private static final int FIRST = 1;
    private static final int SECOND = 100;

    private IrqChipStress() {}

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    /** One pin, whose level is kept as a bit for each source. */
    private static final class OnePin implements PinPort {
        final AtomicLong sources = new AtomicLong();

        @Override
        public boolean hasPin(int chip, int pin) {
            return true;
        }

        @Override
        public int setPin(int chip, int pin, boolean level, int sourceId) {
            long bit = 1L << sourceId;
            sources.getAndUpdate(old -> level ? old | bit : old & ~bit);
            return level ? 1 : 0;
        }
    }

    private static IrqChip chip(PinPort pins) {
        IrqChip chip =
                new IrqChip(IrqChip.Mode.FULL, (address, data) -> 1, SintPort.ABSENT, pins, IrqChipListener.NONE);
        chip.setGsiRouting(
                List.of(new GsiRoute.IrqChipPin(GSI, 2, GSI), new GsiRoute.IrqChipPin(OTHER_GSI, 2, OTHER_GSI)));
        return chip;
    }

    /** r1: what was delivered, by the data of the message. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "By the old table, and the new one is there.")
    @Outcome(id = "100, 1", expect = Expect.ACCEPTABLE, desc = "By the new table.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Delivered by none, or by both, or the update was lost.")
    @State
    public static class RoutingUpdateAgainstInject {
        private final AtomicInteger delivered = new AtomicInteger();
        private final IrqChip chip = new IrqChip(
                IrqChip.Mode.SPLIT,
                (address, data) -> {
                    delivered.addAndGet(data);
                    return 1;
                },
                SintPort.ABSENT,
                PinPort.ABSENT,
                IrqChipListener.NONE);

        public RoutingUpdateAgainstInject() {
            chip.setGsiRouting(List.of(new GsiRoute.Msi(GSI, 0xFEE0_0000L, FIRST)));
        }

        @Actor
        public void vmm() {
            chip.setGsiRouting(List.of(new GsiRoute.Msi(GSI, 0xFEE0_0000L, SECOND)));
        }

        @Actor
        public void device() {
            chip.irqLine(GSI, true, 0);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = delivered.get();
            r.r2 = chip.gsiRouting().entries().size();
        }
    }

    /** r1, r2: each of two updates at once is in the table; r3: how many routes there are. */
    @JCStressTest
    @Outcome(id = "1, 1, 2", expect = Expect.ACCEPTABLE, desc = "Both.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "One update undid the other.")
    @State
    public static class TwoRoutingUpdates {
        private final IrqChip chip = chip(new OnePin());

        public TwoRoutingUpdates() {
            chip.setGsiRouting(List.of());
        }

        @Actor
        public void one() {
            chip.updateGsiRouting(table -> table.with(new GsiRoute.IrqChipPin(GSI, 2, GSI)));
        }

        @Actor
        public void other() {
            chip.updateGsiRouting(table -> table.with(new GsiRoute.IrqChipPin(OTHER_GSI, 2, OTHER_GSI)));
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r1 = flag(chip.gsiRouting().hasRoute(GSI));
            r.r2 = flag(chip.gsiRouting().hasRoute(OTHER_GSI));
            r.r3 = chip.gsiRouting().entries().size();
        }
    }

    /** r1: detached; r2: the line's level when both are done; r3: level after a signal that comes later. */
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = Expect.ACCEPTABLE, desc = "Nothing is left asserted.")
    @Outcome(id = "1, 1, 1", expect = Expect.FORBIDDEN, desc = "Asserted for ever: the one who would lower it is gone.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A detached irqfd raised its line.")
    @State
    public static class DeassignAgainstSignal {
        private final OnePin pin = new OnePin();
        private final IrqChip chip = chip(pin);
        private final EventFd trigger = new EventFd();

        public DeassignAgainstSignal() {
            chip.irqfdAssign(trigger, GSI, new EventFd());
        }

        @Actor
        public void vmm(III_Result r) {
            r.r1 = flag(chip.irqfdDeassign(trigger, GSI));
        }

        @Actor
        public void device() {
            trigger.signal();
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r2 = (int) (pin.sources.get() >> IrqChip.RESAMPLE_SOURCE_ID);
            trigger.signal();
            r.r3 = (int) (pin.sources.get() >> IrqChip.RESAMPLE_SOURCE_ID);
        }
    }

    /** As {@link DeassignAgainstSignal}, by closing the eventfd. */
    @JCStressTest
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Nothing is left asserted, and no waiter.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Asserted for ever, or still attached.")
    @State
    public static class HangUpAgainstSignal {
        private final OnePin pin = new OnePin();
        private final IrqChip chip = chip(pin);
        private final EventFd trigger = new EventFd();

        public HangUpAgainstSignal() {
            chip.irqfdAssign(trigger, GSI, new EventFd());
        }

        @Actor
        public void vmm() {
            trigger.close();
        }

        @Actor
        public void device() {
            trigger.signal();
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = (int) pin.sources.get();
            r.r2 = flag(trigger.hasWaiter());
        }
    }

    /** Two resamplers of one GSI, of which one goes: r1: level of the line; r2: the other's device was asked. */
    @JCStressTest
    @Outcome(
            id = {"1, 0", "1, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "The other's assertion stands.")
    @Outcome(
            id = "0, 1",
            expect = Expect.ACCEPTABLE,
            desc = "It fell, and the other's device was asked to assert again.")
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "The other's assertion is lost.")
    @State
    public static class DeassignAgainstNeighbour {
        private final OnePin pin = new OnePin();
        private final IrqChip chip = chip(pin);
        private final EventFd trigger = new EventFd();
        private final EventFd neighbour = new EventFd();
        private final EventFd neighbourResample = new EventFd();

        public DeassignAgainstNeighbour() {
            chip.irqfdAssign(trigger, GSI, new EventFd());
            trigger.signal();
        }

        @Actor
        public void vmm() {
            chip.irqfdDeassign(trigger, GSI);
        }

        @Actor
        public void device() {
            chip.irqfdAssign(neighbour, GSI, neighbourResample);
            neighbour.signal();
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = (int) (pin.sources.get() >> IrqChip.RESAMPLE_SOURCE_ID);
            r.r2 = flag(neighbourResample.peek() != 0);
        }
    }

    /** r1: level of the line; r2: its device was told of the acknowledgement, and may assert again. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "An acknowledgement that nobody heard.")
    @Outcome(
            id = {"1, 1", "0, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "It stands, or the device was asked.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Lowered, and the device does not know.")
    @State
    public static class ResampleAgainstSignal {
        private final OnePin pin = new OnePin();
        private final IrqChip chip = chip(pin);
        private final EventFd trigger = new EventFd();
        private final EventFd resample = new EventFd();

        public ResampleAgainstSignal() {
            chip.irqfdAssign(trigger, GSI, resample);
        }

        @Actor
        public void guest() {
            chip.acknowledge(GSI);
        }

        @Actor
        public void device() {
            trigger.signal();
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = (int) (pin.sources.get() >> IrqChip.RESAMPLE_SOURCE_ID);
            r.r2 = flag(resample.peek() != 0);
        }
    }

    /** r1, r2: how often the notifiers of two GSIs heard; r3: something is left for later. */
    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "Each heard of its own.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "An acknowledgement was lost, or left undone.")
    @State
    public static class TwoAcknowledgements {
        private final IrqChip chip = chip(new OnePin());
        private final AtomicInteger one = new AtomicInteger();
        private final AtomicInteger other = new AtomicInteger();

        public TwoAcknowledgements() {
            chip.addAckNotifier(GSI, gsi -> one.incrementAndGet());
            chip.addAckNotifier(OTHER_GSI, gsi -> other.incrementAndGet());
        }

        @Actor
        public void guest() {
            chip.acknowledge(GSI);
        }

        @Actor
        public void otherGuest() {
            chip.acknowledge(OTHER_GSI);
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r1 = one.get();
            r.r2 = other.get();
            r.r3 = flag(chip.hasDeferredAcks());
        }
    }

    /** r1, r2: ids that two got at once; r3: the next one. */
    @JCStressTest
    @Outcome(
            id = {"2, 3, 4", "3, 2, 4"},
            expect = Expect.ACCEPTABLE,
            desc = "Ids of their own.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Two sources with one id would lower each other's line.")
    @State
    public static class TwoSourceIds {
        private final IrqChip chip = chip(new OnePin());

        @Actor
        public void one(III_Result r) {
            r.r1 = chip.allocateSourceId();
        }

        @Actor
        public void other(III_Result r) {
            r.r2 = chip.allocateSourceId();
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r3 = chip.allocateSourceId();
        }
    }

    /** r1, r2: GSIs that two SINT lines got at once; r3: routes that stand. */
    @JCStressTest
    @Outcome(
            id = {"40, 41, 4", "41, 40, 4"},
            expect = Expect.ACCEPTABLE,
            desc = "GSIs and routes of their own.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Two lines with one GSI, or a route was lost.")
    @State
    public static class TwoSintLines {
        private final IrqChip chip = chip(new OnePin());
        private final SintGsiAllocator lines = new SintGsiAllocator(chip, 40, 48);

        @Actor
        public void one(III_Result r) {
            r.r1 = lines.open(0, 2, () -> {}).gsi();
        }

        @Actor
        public void other(III_Result r) {
            r.r2 = lines.open(0, 3, () -> {}).gsi();
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r3 = chip.gsiRouting().entries().size();
        }
    }

    /** r1: the write went no further; r2: the eventfd counts. */
    @JCStressTest
    @Outcome(
            id = {"1, 1", "0, 0"},
            expect = Expect.ACCEPTABLE,
            desc = "Watched or not.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A write that is swallowed, or goes on and signals.")
    @State
    public static class IoEventFdWriteAgainstDeassign {
        private static final IoEventFds.Match MATCH = new IoEventFds.Match(IoEventFds.Space.PIO, 0x80, 1, null);

        private final IoEventFds ioEventFds = new IoEventFds();
        private final EventFd eventFd = new EventFd();

        public IoEventFdWriteAgainstDeassign() {
            ioEventFds.assign(MATCH, eventFd);
        }

        @Actor
        public void vmm() {
            ioEventFds.deassign(MATCH, eventFd);
        }

        @Actor
        public void guest(II_Result r) {
            r.r1 = flag(ioEventFds.write(IoEventFds.Space.PIO, 0x80, 1, 7));
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r2 = (int) eventFd.read();
        }
    }
}
