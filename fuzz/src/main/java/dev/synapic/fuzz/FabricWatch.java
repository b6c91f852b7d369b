// SPDX-License-Identifier: Apache-2.0
package dev.synapic.fuzz;

import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.hyperv.EventFlags;
import dev.synapic.interrupts.hyperv.HvHypercallListener;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.interrupts.hyperv.TlbFlushPort;
import dev.synapic.interrupts.ioapic.IoApicListener;
import dev.synapic.interrupts.pic.PicListener;
import dev.synapic.interrupts.pit.PitListener;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import org.jspecify.annotations.Nullable;

/** Stands at every way out of the fabric and counts what passes. */
final class FabricWatch {
    private final Work work;

    FabricWatch(Work work) {
        this.work = work;
    }

    /** A {@link dev.synapic.interrupts.apic.Transit}. */
    void carry(LocalApic target, int request) {
        work.step();
        target.arrive(request);
    }

    ApicListener apics() {
        return new ApicListener() {
            @Override
            public void sent(@Nullable LocalApic source, long icr, int accepted) {
                work.step();
            }

            @Override
            public void refused(LocalApic target, int request) {
                work.step();
            }

            @Override
            public void eoi(LocalApic apic, int vector) {
                work.step();
            }
        };
    }

    IoApicListener pins() {
        return new IoApicListener() {
            @Override
            public void lineSet(int pin, long entry, boolean level, int result) {
                work.step();
            }

            @Override
            public void ended(int pin, int vector) {
                work.step();
            }
        };
    }

    PicListener pic() {
        return new PicListener() {
            @Override
            public void lineSet(int pin, int levelTriggered, int mask, int result) {
                work.step();
            }
        };
    }

    PitListener ticks() {
        return new PitListener() {
            @Override
            public void ticked(int result) {
                work.step();
            }
        };
    }

    IrqChipListener routing() {
        return new IrqChipListener() {
            @Override
            public void lineSet(int gsi, boolean level, int sourceId, int result) {
                work.step();
            }

            @Override
            public void acknowledged(int gsi) {
                work.step();
            }
        };
    }

    /** Tells the chip of acknowledgements, as a machine does. */
    SynIcListener synIc(IrqChip chip) {
        return new SynIcListener() {
            @Override
            public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                work.step();
                chip.acknowledgeSint(synIc.vpIndex(), sint);
            }

            @Override
            public void raised(SynIc synIc, int sint, int vector, int result) {
                work.step();
            }

            @Override
            public void messagePosted(SynIc synIc, int sint, SynIcMessage message, MessageSlot.Post result) {
                work.step();
            }

            @Override
            public void flagSet(SynIc synIc, int sint, int flag, EventFlags.Signal result) {
                work.step();
            }
        };
    }

    HvHypercallListener hypercalls() {
        return new HvHypercallListener() {
            @Override
            public void called(long control, long input, long output) {
                work.step();
            }
        };
    }

    /** Holds the fabric to what {@link TlbFlushPort} promises. */
    TlbFlushPort tlbs(int processors) {
        return new TlbFlushPort() {
            @Override
            public void flushSpace(int vpIndex, long addressSpace, boolean keepGlobal) {
                checkTarget(vpIndex);
            }

            @Override
            public void flushPages(int vpIndex, long addressSpace, long gva, int pages) {
                checkTarget(vpIndex);
                if (pages < 1 || pages > 1 << 29 || (gva & 0xFFF) != 0) {
                    throw new AssertionError("flush of " + pages + " pages from 0x" + Long.toHexString(gva));
                }
            }

            private void checkTarget(int vpIndex) {
                work.step();
                if (vpIndex < 0 || vpIndex >= processors) {
                    throw new AssertionError("flush of VP " + vpIndex + ", which does not exist");
                }
            }
        };
    }
}
