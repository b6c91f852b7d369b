// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.NoTime;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.apicv.ApicvListener;
import dev.synapic.interrupts.apicv.ApicvState;
import dev.synapic.interrupts.apicv.InhibitReason;
import dev.synapic.interrupts.apicv.SynIcApicvPolicy;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import dev.synapic.spec.x86.ApicRegister;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.J_Result;

/** SynIC, its pages, hypercalls and the reference time: what any thread may call while an owner changes registers. */
public final class SynIcStress {
    private static final int SINT = 2;
    private static final int VECTOR = 0x51;
    private static final int NEW_VECTOR = 0x61;

    /** No test writes into it. */
    private static final GuestMemory MEMORY = GuestMemory.allocate(1 << 16);

    private SynIcStress() {}

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    /** One processor whose SINT 2 is live. */
    private static final class Vp {
        final LocalApic apic;
        final SynIc synIc;

        Vp(int index, ApicBus bus, SlotTurns turns, SynIcListener listener) {
            apic = new LocalApic(index, index == 0, bus, NoTime.CLOCK, ApicListener.NONE);
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
            synIc = new SynIc(index, apic, bus, MEMORY, turns, listener);
        }

        static Vp live() {
            ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
            Vp vp = new Vp(0, bus, new SlotTurns(new MessageSlot(MEMORY), 1), SynIcListener.NONE);
            vp.synIc.activate(SynIc.Activation.SYNIC2);
            vp.synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, VECTOR);
            return vp;
        }
    }

    /** r1: what the producer is told; r2: which vectors are requested: 1 the old one, 2 the new one. */
    @JCStressTest
    @Outcome(
            id = {"1, 1", "1, 2"},
            expect = Expect.ACCEPTABLE,
            desc = "By the register as it was or as it is.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Not raised, or raised as a mixture.")
    @State
    public static class RaiseAgainstSintWrite {
        private final Vp vp = Vp.live();

        @Actor
        public void owner() {
            vp.synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, NEW_VECTOR);
        }

        @Actor
        public void producer(II_Result r) {
            r.r1 = vp.synIc.raise(SINT);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r2 = flag(vp.apic.irr().contains(VECTOR)) + 2 * flag(vp.apic.irr().contains(NEW_VECTOR));
        }
    }

    /** Control and pages are one reference: r1 is the message page as a VMM's thread finds it. */
    @JCStressTest
    @Outcome(
            id = {"4097", "0"},
            expect = Expect.ACCEPTABLE,
            desc = "The page while it was enabled, or none.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "The new page with the old control: a page that was never in force.")
    @State
    public static class PagesAreOnePiece {
        private final SynIcPages pages = new SynIcPages(1);
        private final SynIc synIc = Vp.live().synIc;

        public PagesAreOnePiece() {
            pages.pagesChanged(synIc, 0, 1, 0, 0x1001);
        }

        @Actor
        public void owner() {
            pages.pagesChanged(synIc, 0, 0, 0, 0x2001);
        }

        @Actor
        public void vmm(J_Result r) {
            r.r1 = pages.simp(0);
        }
    }

    /** One VP gains an auto-EOI source while another loses its own. r1: APICv is inhibited; r2: it should be. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "The last caller's answer is the right one.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A stale answer stands: interrupts would be posted that must not be.")
    @State
    public static class TwoAutoEoiChanges {
        private final ApicvState apicv = new ApicvState(ApicvState.Vendor.INTEL_APICV, ApicvListener.NONE);
        private final SynIcSet synIcs = new SynIcSet(2);
        private final Vp gains;
        private final Vp loses;

        public TwoAutoEoiChanges() {
            ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
            SlotTurns turns = new SlotTurns(new MessageSlot(MEMORY), 2);
            SynIcListener policy = new SynIcApicvPolicy(SynIcApicvPolicy.Rule.AUTO_EOI, synIcs, apicv);
            gains = new Vp(0, bus, turns, policy);
            loses = new Vp(1, bus, turns, policy);
            synIcs.add(gains.synIc);
            synIcs.add(loses.synIc);
            gains.synIc.activate(SynIc.Activation.SYNIC2);
            loses.synIc.activate(SynIc.Activation.SYNIC2);
            loses.synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, HvSint.AUTO_EOI | VECTOR);
        }

        @Actor
        public void owner() {
            gains.synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, HvSint.AUTO_EOI | VECTOR);
        }

        @Actor
        public void otherOwner() {
            loses.synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, VECTOR);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = flag(apicv.isInhibitedBy(InhibitReason.HYPERV));
            r.r2 = flag(synIcs.hasLiveAutoEoi());
        }
    }

    /** The blocks of hypercalls are used again: r1, r2 are the answers to two calls at once. */
    @JCStressTest
    @Outcome(id = "0, 5", expect = Expect.ACCEPTABLE, desc = "To each call its own answer.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "One call worked with the other's parameters.")
    @State
    public static class TwoHypercalls {
        private static final HvHypercalls HYPERCALLS = hypercalls();

        private static HvHypercalls hypercalls() {
            ConnectionTable connections = new ConnectionTable();
            connections.addEventHandler(7, flag -> flag == 1 ? HvStatus.HV_STATUS_SUCCESS : 99);
            return new HvHypercalls(
                    new SynIcSet(1),
                    new ApicBus(Transit.IMMEDIATE, ApicListener.NONE),
                    MEMORY,
                    connections,
                    TlbFlushPort.NONE,
                    PartitionPrivileges.UNRESTRICTED,
                    HvHypercallListener.NONE);
        }

        @Actor
        public void caller(JJ_Result r) {
            r.r1 = HYPERCALLS.invoke(HypercallCode.HvCallSignalEvent | HypercallInput.FAST, 1L << 32 | 7, 0, null);
        }

        /** Bits 63:48 of the input must be zero. */
        @Actor
        public void otherCaller(JJ_Result r) {
            r.r2 = HYPERCALLS.invoke(HypercallCode.HvCallSignalEvent | HypercallInput.FAST, 1L << 48 | 7, 0, null);
        }
    }

    /** A handler comes while a guest calls: r1 is the status. */
    @JCStressTest
    @Outcome(
            id = {"0", "18"},
            expect = Expect.ACCEPTABLE,
            desc = "Signalled, or there is no such connection yet.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Another handler, or a broken table.")
    @State
    public static class SignalAgainstNewConnection {
        private final ConnectionTable connections = new ConnectionTable();

        public SignalAgainstNewConnection() {
            connections.addEventHandler(9, flag -> 99);
        }

        @Actor
        public void vmm() {
            connections.addEventHandler(7, flag -> HvStatus.HV_STATUS_SUCCESS);
        }

        @Actor
        public void guest(I_Result r) {
            r.r1 = connections.signal(7, 0);
        }
    }

    /** The reference time goes on where it was: r1, r2 are readings of one instant. */
    @JCStressTest
    @Outcome(id = "1000000, 1000000", expect = Expect.ACCEPTABLE, desc = "The time does not jump.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "The offset of one TSC with the base of another.")
    @State
    public static class ReadingAgainstMovedTsc {
        private static final long TSC_HZ = 1_280_000_000L;
        /** A tenth of a second, which the scale, a dyadic fraction, meets exactly. */
        private static final long TSC = TSC_HZ / 10 + 1;

        private final ReferenceTime time = new ReferenceTime(MEMORY, TSC_HZ);

        @Actor
        public void owner() {
            time.tscMoved(TSC, true, 1_000_000_007L);
        }

        @Actor
        public void vmm(JJ_Result r) {
            r.r1 = time.at(TSC);
            r.r2 = time.at(TSC);
        }
    }
}
