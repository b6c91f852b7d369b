// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.ApicRequest;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.PinPort;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.x86.GeneralProtectionFault;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A processor that is saved and restored into new objects at each step goes the way of one that is left alone. */
class HypervStateTest {
    private static final long SEED = Long.getLong("synapic.seed", 1);
    private static final int ROUNDS = 60;
    private static final int STEPS = 400;
    private static final int SINT = 2;
    private static final long SIMP = 0x8000;
    private static final long ASSIST = 0x6000;
    private static final ApicClock STOPPED = new ApicClock() {
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
    };

    /** The state of a SynIC that nobody has activated. */
    private static final SynIcState UNUSED =
            new VirtualProcessors(1, SynIcListener.NONE).synIc(0).save();

    /** One processor with a queue of the VMM on a SINT that its timers use, too. */
    private static final class Machine {
        final GuestMemory memory = GuestMemory.allocate(1 << 20);
        final ManualReferenceClock clock = new ManualReferenceClock();
        final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        final LocalApic apic = new LocalApic(0, true, bus, STOPPED, ApicListener.NONE);
        SynIcPages pages = new SynIcPages(1);
        HypervPartition partition = partition();
        SintMessageQueue queue;
        HypervProcessor processor;
        HypervMsrs msrs;
        boolean offered;

        Machine() {
            apic.writeRegister(0xF0, 0x1FF);
            processor = create();
            processor.synIc().activate(SynIc.Activation.SYNIC2);
        }

        private HypervPartition partition() {
            return new HypervPartition(
                    memory,
                    HypervPartition.HypercallInstruction.VMCALL,
                    new ReferenceTime(memory, 2_500_000_000L),
                    1,
                    PartitionPrivileges.UNRESTRICTED,
                    PartitionPort.NONE);
        }

        private HypervProcessor create() {
            SynIcSet set = new SynIcSet(1);
            SlotTurns turns = new SlotTurns(new MessageSlot(memory), 1);
            IrqChip chip = new IrqChip(IrqChip.Mode.SPLIT, (a, d) -> 0, set, PinPort.ABSENT, IrqChipListener.NONE);
            SynIcListener acks = new SynIcListener() {
                @Override
                public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                    chip.acknowledgeSint(synIc.vpIndex(), sint);
                }
            };
            pages = new SynIcPages(1);
            SynIc synIc = new SynIc(0, apic, bus, memory, turns, SynIcListener.both(pages, acks));
            set.add(synIc);
            queue = new SintMessageQueue(
                    new SintGsiAllocator(chip, 0, 8), turns, pages, 0, SINT, 3, SintMessageQueue.WhenDisabled.HOLD);
            HypervProcessor made = new HypervProcessor(synIc, clock, () -> 0, synIc::hasVector);
            msrs = new HypervMsrs(partition, made);
            return made;
        }

        /** Everything anew but memory and local APIC. */
        void moveElsewhere() {
            HypervPartition.State partitionState = partition.save();
            HypervProcessor.State state = processor.save();
            SintMessageQueue.State queued = queue.save();
            queue.close();
            HypervProcessor old = processor;
            partition = partition();
            partition.restore(partitionState);
            processor = create();
            // The APIC tells the old SynIC of EOIs as well; without live sources it does not listen.
            old.synIc().restore(UNUSED);
            processor.restore(state);
            pages.refresh(processor.synIc());
            queue.restore(queued);
            assertThat(processor.save()).isEqualTo(state);
            assertThat(partition.save()).isEqualTo(partitionState);
            assertThat(queue.save()).isEqualTo(queued);
        }

        void step(Random random) {
            if (offered) {
                processor.assistPage().collect();
                offered = false;
            }
            switch (random.nextInt(12)) {
                case 0 -> write(HvMsr.HV_X64_MSR_STIMER0_CONFIG + 2 * random.nextInt(4), config(random));
                case 1, 2 -> write(HvMsr.HV_X64_MSR_STIMER0_COUNT + 2 * random.nextInt(4), count(random));
                case 3 -> write(HvMsr.HV_X64_MSR_SINT0 + SINT, random.nextInt(8) << 16 | 0x61);
                case 4 -> write(HvMsr.HV_X64_MSR_SIMP, SIMP | random.nextInt(4) / 3 ^ 1);
                case 5 -> write(HvMsr.HV_X64_MSR_SCONTROL, random.nextInt(4) == 0 ? 0 : 1);
                case 6 -> write(HvMsr.HV_X64_MSR_EOM, 0);
                case 7 -> queue.post(new SynIcMessage(1 + random.nextInt(1000), 0, new byte[8]));
                case 8 -> emptySlot();
                case 9 -> takeOrEnd(random.nextBoolean());
                case 10 -> write(HvMsr.HV_X64_MSR_VP_ASSIST_PAGE, ASSIST | random.nextInt(2));
                default -> raiseOrDisable(random);
            }
            clock.now += random.nextInt(300);
            if (processor.timers().nextDeadlineNanos() <= clock.now * 100) {
                processor.timers().expire();
            }
            processor.assistPage().offer();
            offered = true;
            if (random.nextInt(3) == 0) {
                memory.putInt(ASSIST, memory.getInt(ASSIST) & ~1);
            }
        }

        private static long config(Random random) {
            long sint = random.nextInt(4) == 0 ? 3 : SINT;
            long direct = random.nextInt(3) == 0 ? 1L << 12 | 0xF3 << 4 : 0;
            return sint << 16 | direct | random.nextInt(16);
        }

        private long count(Random random) {
            return switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> clock.now + random.nextInt(1000);
                default -> 100 + random.nextInt(500);
            };
        }

        private void write(int msr, long value) {
            try {
                msrs.write(msr, value);
            } catch (GeneralProtectionFault refused) {
                // as in the other machine
            }
        }

        private void emptySlot() {
            long slot = SIMP + SINT * HvMessage.SIZE;
            memory.putInt(slot, 0);
            if ((memory.getByte(slot + HvMessage.FLAGS_OFFSET) & 1) != 0) {
                write(HvMsr.HV_X64_MSR_EOM, 0);
            }
        }

        private void takeOrEnd(boolean end) {
            int vector = apic.pendingVector();
            if (end) {
                write(HvMsr.HV_X64_MSR_EOI, 0);
            } else if (vector != LocalApic.NO_VECTOR) {
                apic.acknowledge(vector);
            }
        }

        private void raiseOrDisable(Random random) {
            if (random.nextBoolean()) {
                apic.arrive(ApicRequest.fixed(0x41));
            } else {
                apic.writeRegister(0xF0, random.nextInt(4) == 0 ? 0xFF : 0x1FF);
            }
        }

        String everything() {
            byte[] page = new byte[GuestMemory.PAGE_SIZE];
            memory.getBytes(SIMP, page, 0, page.length);
            return "%s %s %s irr %s isr %s slots %08x assist %x"
                    .formatted(
                            processor.save(),
                            partition.save(),
                            queue.save(),
                            apic.irr(),
                            apic.isr(),
                            java.util.Arrays.hashCode(page),
                            memory.getInt(ASSIST));
        }
    }

    @Test
    void restoredProcessorBehavesAsTheSavedOneAtEveryStep() {
        for (int round = 0; round < ROUNDS; round++) {
            compare(SEED + round);
        }
    }

    private static void compare(long seed) {
        Machine stays = new Machine();
        Machine moves = new Machine();
        Random first = new Random(seed);
        Random second = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            stays.step(first);
            moves.step(second);
            moves.moveElsewhere();
            assertThat(moves.everything())
                    .as("-Dsynapic.seed=%d, step %d", seed, step)
                    .isEqualTo(stays.everything());
        }
        stays.memory.close();
        moves.memory.close();
    }
}
