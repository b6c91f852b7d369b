// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import dev.synapic.spec.x86.ApicBaseMsr;
import dev.synapic.spec.x86.ApicRegister;
import dev.synapic.spec.x86.DestinationMode;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Owners change their addresses while others send: the destination map. */
public final class ApicBusStress {
    private static final int VECTOR = 0x41;
    private static final int OLD_ID = 1;
    private static final int NEW_ID = 9;
    private static final int LARGE_ID = 0x141;

    private ApicBusStress() {}

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    /** Two APICs with ids 0 and 1 whose first message has built a map. */
    private static final class Machine {
        final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        final LocalApic first = apic(0);
        final LocalApic second = apic(OLD_ID);

        Machine() {
            bus.map();
        }

        private LocalApic apic(int id) {
            LocalApic apic = new LocalApic(id, id == 0, bus, NoTime.CLOCK, ApicListener.NONE);
            apic.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0x1FF);
            return apic;
        }
    }

    /** r1: the owner's own look finds the new id; r2: another sender's message reached the new id or the old one. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "One id is in force at any time.")
    @Outcome(id = "0, 1", expect = Expect.FORBIDDEN, desc = "The owner works with a stale map behind its own change.")
    @Outcome(
            id = "1, 0",
            expect = Expect.ACCEPTABLE,
            desc = "Two messages, one to each id, were sent before and after the change in the wrong order.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Two targets for one id.")
    @State
    public static class SendAgainstIdChange {
        private final Machine machine = new Machine();

        @Actor
        public void owner(II_Result r) {
            machine.second.writeRegister(ApicRegister.ID, NEW_ID << 24);
            r.r1 = flag(machine.bus.map().physical(NEW_ID) == machine.second);
        }

        @Actor
        public void sender(II_Result r) {
            int request = ApicRequest.fixed(VECTOR);
            r.r2 = machine.bus.send(NEW_ID, DestinationMode.PHYSICAL, request)
                    + machine.bus.send(OLD_ID, DestinationMode.PHYSICAL, request);
        }
    }

    /** r1, r2: each new id is in the map when both owners, who look for themselves at once, are done. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Both changes show.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A change was lost to a rebuild at the same time.")
    @State
    public static class TwoIdChanges {
        private final Machine machine = new Machine();

        @Actor
        public void owner() {
            machine.first.writeRegister(ApicRegister.ID, NEW_ID << 24);
            machine.bus.map();
        }

        @Actor
        public void otherOwner() {
            machine.second.writeRegister(ApicRegister.ID, NEW_ID + 1 << 24);
            machine.bus.map();
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = flag(machine.bus.map().physical(NEW_ID) == machine.first);
            r.r2 = flag(machine.bus.map().physical(NEW_ID + 1) == machine.second);
        }
    }

    /** Mode and id are one reference: r1 is the id that another thread reads. */
    @JCStressTest
    @Outcome(id = "65", expect = Expect.ACCEPTABLE, desc = "The 8-bit id of xAPIC mode.")
    @Outcome(id = "321", expect = Expect.ACCEPTABLE, desc = "The id of x2APIC mode.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A mode with the other mode's id.")
    @State
    public static class AddressIsOnePiece {
        private final LocalApic apic = new LocalApic(
                LARGE_ID, false, new ApicBus(Transit.IMMEDIATE, ApicListener.NONE), NoTime.CLOCK, ApicListener.NONE);

        @Actor
        public void owner() {
            apic.setApicBase(apic.apicBase() | ApicBaseMsr.X2APIC_ENABLE);
        }

        @Actor
        public void sender(I_Result r) {
            r.r1 = apic.apicId();
        }
    }

    /** r1: accepted; r2: the vector is in IRR when all is over. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Accepted, so it is there: SVR does not take it back.")
    @Outcome(id = "0, 0", expect = Expect.ACCEPTABLE, desc = "Refused.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Counted and lost, or there without being counted.")
    @State
    public static class SendAgainstSoftwareDisable {
        private final Machine machine = new Machine();

        @Actor
        public void owner() {
            machine.second.writeRegister(ApicRegister.SPURIOUS_VECTOR, 0xFF);
        }

        @Actor
        public void sender(II_Result r) {
            r.r1 = machine.bus.send(OLD_ID, DestinationMode.PHYSICAL, ApicRequest.fixed(VECTOR));
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r2 = flag(machine.second.irr().contains(VECTOR));
        }
    }

    /** r1: PPR as a sender that arbitrates reads it while the owner moves TPR from 0x20 to 0x50. */
    @JCStressTest
    @Outcome(
            id = {"32", "80"},
            expect = Expect.ACCEPTABLE,
            desc = "Before or after.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A priority that the processor never had.")
    @State
    public static class PriorityIsReadByOthers {
        private final Machine machine = new Machine();

        public PriorityIsReadByOthers() {
            machine.second.setTaskPriority(0x20);
        }

        @Actor
        public void owner() {
            machine.second.setTaskPriority(0x50);
        }

        @Actor
        public void sender(I_Result r) {
            r.r1 = machine.second.processorPriority();
        }
    }
}
