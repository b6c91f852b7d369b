// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.apic;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The mailbox of a local APIC: "no bit is left behind without work", and what stands beside that. */
public final class PendingVectorsStress {
    private static final int VECTOR = 0x41;
    private static final int OTHER = 0x42;
    private static final int WORD = 1;
    private static final long BIT = 1L << VECTOR;

    private PendingVectorsStress() {}

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    /** r1: the owner took the vector; r2: it is still in the mailbox; r3: the mailbox says that there is work. */
    @JCStressTest
    @Outcome(id = "1, 0, 0", expect = Expect.ACCEPTABLE, desc = "Taken.")
    @Outcome(id = "1, 0, 1", expect = Expect.ACCEPTABLE, desc = "Taken, and the owner will look once more in vain.")
    @Outcome(id = "0, 1, 1", expect = Expect.ACCEPTABLE, desc = "Waits, and the owner will look.")
    @Outcome(id = "0, 1, 0", expect = Expect.FORBIDDEN, desc = "Left behind without work: a stranded interrupt.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Lost, or taken twice.")
    @State
    public static class RequestAgainstScan {
        private final PendingVectors mailbox = new PendingVectors();

        @Actor
        public void sender() {
            mailbox.post(VECTOR, false);
        }

        @Actor
        public void owner(III_Result r) {
            mailbox.beginTake();
            r.r1 = flag((mailbox.take(WORD) & BIT) != 0);
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r3 = flag(mailbox.hasWork());
            r.r2 = flag((mailbox.take(WORD) & BIT) != 0);
        }
    }

    /** r1, r2: each of two senders is told that its vector was not asked for yet; r3: what waits, or -1 without work. */
    @JCStressTest
    @Outcome(id = "1, 1, 6", expect = Expect.ACCEPTABLE, desc = "Both vectors wait, with work.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "One sender's vector was lost to the other's, or is stranded.")
    @State
    public static class TwoRequests {
        private final PendingVectors mailbox = new PendingVectors();

        @Actor
        public void sender(III_Result r) {
            r.r1 = flag(!mailbox.post(VECTOR, false));
        }

        @Actor
        public void otherSender(III_Result r) {
            r.r2 = flag(!mailbox.post(OTHER, false));
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r3 = mailbox.hasWork() ? (int) mailbox.take(WORD) : -1;
        }
    }

    /** r1: the sender saw that the owner sleeps, and would wake it; r2: the owner saw work, and would not sleep. */
    @JCStressTest
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "The sender wakes the owner.")
    @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "The owner does not sleep.")
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Both saw each other.")
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "The owner sleeps, and nobody wakes it.")
    @State
    public static class MailboxAgainstHalt {
        private final PendingVectors mailbox = new PendingVectors();
        private volatile boolean halted;

        @Actor
        public void sender(II_Result r) {
            mailbox.post(VECTOR, false);
            r.r1 = flag(halted);
        }

        @Actor
        public void owner(II_Result r) {
            halted = true;
            r.r2 = flag(mailbox.hasWork());
        }
    }

    /** As {@link MailboxAgainstHalt} where the vector was asked for already: a merged request wakes, too. r3: it is left. */
    @JCStressTest
    @Outcome(id = "0, 0, 0", expect = Expect.ACCEPTABLE, desc = "Taken with the older request.")
    @Outcome(
            id = {"1, 0, .", "0, 1, .", "1, 1, ."},
            expect = Expect.ACCEPTABLE,
            desc = "The sender wakes the owner, or the owner does not sleep.")
    @Outcome(id = "0, 0, 1", expect = Expect.FORBIDDEN, desc = "The owner sleeps over a request.")
    @State
    public static class MergedRequestAgainstHalt {
        private final PendingVectors mailbox = new PendingVectors();
        private volatile boolean halted;

        public MergedRequestAgainstHalt() {
            mailbox.post(VECTOR, false);
        }

        @Actor
        public void sender(III_Result r) {
            mailbox.post(VECTOR, false);
            r.r1 = flag(halted);
        }

        @Actor
        public void owner(III_Result r) {
            mailbox.beginTake();
            mailbox.take(WORD);
            halted = true;
            r.r2 = flag(mailbox.hasWork());
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r3 = flag((mailbox.take(WORD) & BIT) != 0);
        }
    }

    /** r1: taken; r2: its trigger mode is level. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Taken as a level.")
    @Outcome(
            id = {"0, 0", "0, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "Not there yet.")
    @Outcome(id = "1, 0", expect = Expect.FORBIDDEN, desc = "A level taken as an edge: its EOI would not be broadcast.")
    @State
    public static class TriggerModeBeforeRequest {
        private final PendingVectors mailbox = new PendingVectors();

        @Actor
        public void sender() {
            mailbox.post(VECTOR, true);
        }

        @Actor
        public void owner(II_Result r) {
            mailbox.beginTake();
            r.r1 = flag((mailbox.take(WORD) & BIT) != 0);
            r.r2 = flag((mailbox.levels(WORD) & BIT) != 0);
        }
    }

    /** r1: NMIs that the owner took; r2: NMIs that are left; r3: work. */
    @JCStressTest
    @Outcome(
            id = {"2, 0, 0", "2, 0, 1", "1, 1, 1", "0, 2, 1"},
            expect = Expect.ACCEPTABLE,
            desc = "Both were taken or wait with work.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Lost, or stranded.")
    @State
    public static class NmisAgainstTake {
        private final PendingVectors mailbox = new PendingVectors();

        @Actor
        public void sender() {
            mailbox.postNmi();
            mailbox.postNmi();
        }

        @Actor
        public void owner(III_Result r) {
            mailbox.beginTake();
            r.r1 = mailbox.takeEvents() & PendingVectors.NMI_COUNT;
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r3 = flag(mailbox.hasWork());
            r.r2 = mailbox.takeEvents() & PendingVectors.NMI_COUNT;
        }
    }

    /** r1: NMIs that wait; r2: work. */
    @JCStressTest
    @Outcome(id = "2, 1", expect = Expect.ACCEPTABLE, desc = "Two are latched.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "One was lost to the other.")
    @State
    public static class TwoNmis {
        private final PendingVectors mailbox = new PendingVectors();

        @Actor
        public void sender() {
            mailbox.postNmi();
        }

        @Actor
        public void otherSender() {
            mailbox.postNmi();
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r2 = flag(mailbox.hasWork());
            r.r1 = mailbox.takeEvents() & PendingVectors.NMI_COUNT;
        }
    }

    /** r1: INIT is there; r2: a SIPI is there. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "The SIPI came after the INIT.")
    @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "The INIT came after the SIPI and withdrew it.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "The INIT is lost.")
    @State
    public static class InitAgainstSipi {
        private final PendingVectors mailbox = new PendingVectors();

        @Actor
        public void sender() {
            mailbox.postInit();
        }

        @Actor
        public void otherSender() {
            mailbox.postSipi(8);
        }

        @Arbiter
        public void rest(II_Result r) {
            int events = mailbox.takeEvents();
            r.r1 = flag((events & PendingVectors.INIT) != 0);
            r.r2 = flag((events & PendingVectors.SIPI) != 0);
        }
    }
}
