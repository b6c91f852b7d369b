// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.ioapic;

import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.NoTime;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.pic.PicPair;
import dev.synapic.interrupts.pic.PicPins;
import dev.synapic.spec.x86.IoApicRegister;
import dev.synapic.spec.x86.Pic;
import dev.synapic.spec.x86.RedirectionEntry;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/** The interrupt chips: devices set lines while a guest masks, unmasks and ends. */
public final class IoApicStress {
    private static final int PIN = 5;
    private static final int VECTOR = 0x41;
    private static final int LEVEL = 1 << 15;
    private static final int MASKED = 1 << 16;

    private static final LocalApic TARGET =
            new LocalApic(0, true, new ApicBus(Transit.IMMEDIATE, ApicListener.NONE), NoTime.CLOCK, ApicListener.NONE);

    private IoApicStress() {}

    private static int flag(boolean value) {
        return value ? 1 : 0;
    }

    /** A chip whose messages are counted. */
    private static final class Chip {
        final AtomicInteger sent = new AtomicInteger();
        final IoApic ioApic = new IoApic(
                IoApicModel.V20,
                (address, data) -> {
                    sent.incrementAndGet();
                    return 1;
                },
                () -> 0,
                IoApicPins.NONE,
                IoApicListener.NONE);

        Chip(int entry) {
            ioApic.write(IoApicRegister.SELECT, 4, IoApicRegister.REDIRECTION_TABLE + 2 * PIN);
            write(entry);
        }

        /** One write, since the pin is selected. */
        void write(int entry) {
            ioApic.write(IoApicRegister.WINDOW, 4, entry);
        }

        int remoteIrr() {
            return flag((ioApic.entry(PIN) & RedirectionEntry.REMOTE_IRR) != 0);
        }
    }

    /** r1: messages; r2: remote-IRR. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Sent once.")
    @Outcome(id = "0, 0", expect = Expect.FORBIDDEN, desc = "The line is up, the entry unmasked, and nothing was sent.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "Sent twice, or without a mark.")
    @State
    public static class LineAgainstUnmask {
        private final Chip chip = new Chip(MASKED | LEVEL | VECTOR);

        @Actor
        public void guest() {
            chip.write(LEVEL | VECTOR);
        }

        @Actor
        public void device() {
            chip.ioApic.set(PIN, true, 0);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = chip.sent.get();
            r.r2 = chip.remoteIrr();
        }
    }

    /** The line was sent; it is ended while another source asserts it, too. r1: messages; r2: remote-IRR. */
    @JCStressTest
    @Outcome(id = "2, 1", expect = Expect.ACCEPTABLE, desc = "Sent again, since it is still up.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A line that is up and not on its way.")
    @State
    public static class EoiAgainstSecondSource {
        private final Chip chip = new Chip(LEVEL | VECTOR);

        public EoiAgainstSecondSource() {
            chip.ioApic.set(PIN, true, 0);
        }

        @Actor
        public void guest() {
            chip.ioApic.eoi(TARGET, VECTOR, true);
        }

        @Actor
        public void device() {
            chip.ioApic.set(PIN, true, 1);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = chip.sent.get();
            r.r2 = chip.remoteIrr();
        }
    }

    /** One source lowers a line that another one raises. r1: asserted; r2: remote-IRR; r3: messages. */
    @JCStressTest
    @Outcome(id = "1, 1, 1", expect = Expect.ACCEPTABLE, desc = "The line is up while any source asserts it.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A source was lost to another.")
    @State
    public static class TwoSources {
        private final Chip chip = new Chip(LEVEL | VECTOR);

        public TwoSources() {
            chip.ioApic.set(PIN, true, 0);
        }

        @Actor
        public void one() {
            chip.ioApic.set(PIN, false, 0);
        }

        @Actor
        public void other() {
            chip.ioApic.set(PIN, true, 1);
        }

        @Arbiter
        public void rest(III_Result r) {
            r.r1 = flag(chip.ioApic.asserted(PIN));
            r.r2 = chip.remoteIrr();
            r.r3 = chip.sent.get();
        }
    }

    /** Of the 8259 pair. r1: INT as its port heard last; r2: INT. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "Raised.")
    @Outcome(expect = Expect.FORBIDDEN, desc = "A line that is up behind a mask that is gone.")
    @State
    public static class PicLineAgainstUnmask {
        private int intr;
        private final PicPair pic = new PicPair(asserted -> intr = flag(asserted), PicPins.NONE, PicListener.NONE);

        public PicLineAgainstUnmask() {
            pic.out(Pic.MASTER_COMMAND, 0x11);
            pic.out(Pic.MASTER_DATA, 0x30);
            pic.out(Pic.MASTER_DATA, 4);
            pic.out(Pic.MASTER_DATA, 1);
            pic.out(Pic.MASTER_DATA, 0xFF);
        }

        @Actor
        public void guest() {
            pic.out(Pic.MASTER_DATA, 0);
        }

        @Actor
        public void device() {
            pic.set(PIN, true, 0);
        }

        @Arbiter
        public void rest(II_Result r) {
            r.r1 = intr;
            r.r2 = flag(pic.output());
        }
    }
}
