// SPDX-License-Identifier: Apache-2.0
package dev.synapic.interrupts.hyperv;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.SintMessageQueue.Outcome;
import dev.synapic.interrupts.hyperv.SintMessageQueue.WhenDisabled;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.PinPort;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.spec.hyperv.HvEventFlags;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HvPort;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.hyperv.HvStimerConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A producer and a guest on two threads: what the slot protocol promises when they really run at once. */
class MessagesAcrossThreadsTest {
    private static final int SINT = 2;
    private static final int MESSAGES = 15_000;
    /** Of each of two ports, with three threads. */
    private static final int PORT_MESSAGES = 3_000;

    private static final long SLOT = VirtualProcessors.SIMP_PAGE + SINT * 256;

    private final SynIcSet set = new SynIcSet(1);
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.SPLIT, (address, data) -> 0, set, PinPort.ABSENT, IrqChipListener.NONE);
    private final SynIcPages pages = new SynIcPages(1);
    private final VirtualProcessors vps =
            new VirtualProcessors(1, set, Transit.IMMEDIATE, SynIcListener.both(pages, new SynIcListener() {
                @Override
                public void sintAcknowledged(SynIc synIc, int sint, Cause cause) {
                    chip.acknowledgeSint(synIc.vpIndex(), sint);
                }
            }));

    /**
     * The guest wakes by interrupt alone, as in HLT, and writes EOM only when it sees the flag. A lost wake-up on
     * either side ends in a standstill: messages wait, the slot is empty, nothing is pending.
     */
    @Test
    @Timeout(120)
    void noMessageIsStranded() throws InterruptedException {
        vps.running(SynIc.Activation.SYNIC);
        SynIc synIc = vps.synIc(0);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, HvSint.AUTO_EOI | 0x61);
        SintMessageQueue queue = new SintMessageQueue(
                new SintGsiAllocator(chip, 0, 16), vps.turns, pages, 0, SINT, 64, WhenDisabled.HOLD);
        AtomicInteger received = new AtomicInteger();
        AtomicReference<String> disorder = new AtomicReference<>();
        Thread guest = Thread.ofPlatform().start(() -> {
            while (received.get() < MESSAGES) {
                if (vps.take(0) < 0) {
                    Thread.onSpinWait();
                    continue;
                }
                int type = vps.memory.getInt(SLOT);
                if (type == 0) {
                    continue;
                }
                int payload = vps.memory.getInt(SLOT + 16);
                if (type != received.incrementAndGet() || payload != type) {
                    disorder.compareAndSet(null, "type " + type + " payload " + payload + " after " + received);
                }
                vps.memory.compareAndSetInt(SLOT, type, 0);
                if ((vps.memory.getAndBitwiseOrInt(SLOT + 4, 0) & 0x100) != 0) {
                    synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
                }
            }
        });

        for (int n = 1; n <= MESSAGES; n++) {
            byte[] payload = {(byte) n, (byte) (n >> 8), (byte) (n >> 16), 0};
            while (queue.post(new SynIcMessage(n, 0, payload)) == Outcome.REFUSED) {
                Thread.onSpinWait();
            }
        }
        guest.join();

        assertThat(disorder).hasNullValue();
        assertThat(received).hasValue(MESSAGES);
        assertThat(queue.size()).isZero();
    }

    /**
     * The owner's timer and another thread's queue fill the same slot. Two producers that both found it free would
     * overwrite each other: a message of either would be missing.
     */
    @Test
    @Timeout(120)
    void slotWithTwoProducersLosesNothing() throws InterruptedException {
        vps.running(SynIc.Activation.SYNIC);
        SynIc synIc = vps.synIc(0);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, HvSint.AUTO_EOI | 0x61);
        SintMessageQueue queue = new SintMessageQueue(
                new SintGsiAllocator(chip, 0, 16), vps.turns, pages, 0, SINT, 64, WhenDisabled.HOLD);
        ManualReferenceClock clock = new ManualReferenceClock();
        SyntheticTimers timers = new SyntheticTimers(synIc, clock);
        timers.write(HvMsr.HV_X64_MSR_STIMER0_CONFIG, HvStimerConfig.AUTO_ENABLE | (long) SINT << 16);
        AtomicInteger fromQueue = new AtomicInteger();
        AtomicInteger fromTimer = new AtomicInteger();
        Thread owner = Thread.ofPlatform().start(() -> {
            int started = 0;
            while (fromQueue.get() < MESSAGES || fromTimer.get() < MESSAGES) {
                if (started == fromTimer.get() && started < MESSAGES) {
                    timers.write(HvMsr.HV_X64_MSR_STIMER0_COUNT, ++clock.now);
                    started++;
                }
                int type = vps.memory.getInt(SLOT);
                if (type == 0) {
                    Thread.onSpinWait();
                    continue;
                }
                (type == HvMessage.TYPE_TIMER_EXPIRED ? fromTimer : fromQueue).incrementAndGet();
                vps.memory.compareAndSetInt(SLOT, type, 0);
                if ((vps.memory.getAndBitwiseOrInt(SLOT + 4, 0) & 0x100) != 0) {
                    synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
                }
            }
        });

        for (int n = 1; n <= MESSAGES; n++) {
            SynIcMessage message = new SynIcMessage(n, 0, new byte[4]);
            while (queue.post(message) == Outcome.REFUSED) {
                Thread.onSpinWait();
            }
        }
        owner.join();

        assertThat(fromQueue).hasValue(MESSAGES);
        assertThat(fromTimer).hasValue(MESSAGES);
        assertThat(queue.size()).isZero();
    }

    /** As {@link #noMessageIsStranded}, through a port that the guest has made, from two threads with a port each. */
    @Test
    @Timeout(120)
    void noMessageOfAnOwnPortIsStranded() throws InterruptedException {
        SynIcSet ofPorts = new SynIcSet(1);
        ConnectionTable connections = new ConnectionTable();
        GuestPorts ports = new GuestPorts(ofPorts, connections);
        VirtualProcessors guests =
                new VirtualProcessors(1, ofPorts, Transit.IMMEDIATE, ports).running(SynIc.Activation.SYNIC);
        SynIc synIc = guests.synIc(0);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, HvSint.AUTO_EOI | 0x61);
        int[] last = new int[3];
        AtomicReference<String> disorder = new AtomicReference<>();
        Thread guest = Thread.ofPlatform().start(() -> {
            while (last[1] < PORT_MESSAGES || last[2] < PORT_MESSAGES) {
                int type = guests.take(0) < 0 ? 0 : guests.memory.getInt(SLOT);
                if (type == 0) {
                    Thread.onSpinWait();
                    continue;
                }
                int port = (int) guests.memory.getLong(SLOT + 8);
                if (type != ++last[port]) {
                    disorder.compareAndSet(null, "port " + port + ": " + type + ", expected " + last[port]);
                }
                guests.memory.compareAndSetInt(SLOT, type, 0);
                if ((guests.memory.getAndBitwiseOrInt(SLOT + 4, 0) & 0x100) != 0) {
                    synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
                }
            }
        });
        List<Thread> posters = new ArrayList<>();
        for (int id = 1; id <= 2; id++) {
            ports.create(new GuestPort.Shape(id, HvPort.TYPE_MESSAGE, SINT, 0, 0, 0));
            ports.connect(id, id, HvPort.TYPE_MESSAGE);
            int connection = id;
            posters.add(Thread.ofPlatform().start(() -> postAll(connections, connection)));
        }
        for (Thread poster : posters) {
            poster.join();
        }
        guest.join();

        assertThat(disorder).hasNullValue();
        assertThat(last).containsExactly(0, PORT_MESSAGES, PORT_MESSAGES);
        assertThat(ports.save().messages()).isEmpty();
    }

    private static void postAll(ConnectionTable connections, int connection) {
        for (int n = 1; n <= PORT_MESSAGES; n++) {
            SynIcMessage message = new SynIcMessage(n, connection, new byte[4]);
            while (connections.post(connection, message) != HvStatus.HV_STATUS_SUCCESS) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    @Timeout(120)
    void everyFlagIsNewsExactlyOnce() throws InterruptedException {
        vps.running(SynIc.Activation.SYNIC);
        SynIc synIc = vps.synIc(0);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + SINT, 0x61);
        AtomicLong news = new AtomicLong();
        Runnable producer = () -> {
            for (int flag = 0; flag < HvEventFlags.FLAGS_PER_SINT; flag++) {
                if (synIc.signalEvent(SINT, flag) == EventFlags.Signal.NEWLY_SET) {
                    news.incrementAndGet();
                }
            }
        };
        Thread first = Thread.ofPlatform().start(producer);
        Thread second = Thread.ofPlatform().start(producer);
        first.join();
        second.join();

        assertThat(news).hasValue(HvEventFlags.FLAGS_PER_SINT);
        assertThat(vps.take(0)).isEqualTo(0x61);
    }
}
