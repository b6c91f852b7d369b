// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import static org.assertj.core.api.Assertions.assertThat;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.apic.ApicClock;
import dev.synapic.interrupts.apic.ApicListener;
import dev.synapic.interrupts.apic.LocalApic;
import dev.synapic.interrupts.apic.Transit;
import dev.synapic.interrupts.hyperv.ConnectionTable;
import dev.synapic.interrupts.hyperv.HvHypercallListener;
import dev.synapic.interrupts.hyperv.HvHypercalls;
import dev.synapic.interrupts.hyperv.MessageSlot;
import dev.synapic.interrupts.hyperv.PartitionPrivileges;
import dev.synapic.interrupts.hyperv.SlotTurns;
import dev.synapic.interrupts.hyperv.SynIc;
import dev.synapic.interrupts.hyperv.SynIcListener;
import dev.synapic.interrupts.hyperv.SynIcPages;
import dev.synapic.interrupts.hyperv.SynIcSet;
import dev.synapic.interrupts.hyperv.TlbFlushPort;
import dev.synapic.interrupts.routing.IrqChip;
import dev.synapic.interrupts.routing.IrqChipListener;
import dev.synapic.interrupts.routing.PinPort;
import dev.synapic.interrupts.routing.SintGsiAllocator;
import dev.synapic.spec.hyperv.HvMsr;
import dev.synapic.spec.hyperv.HypercallCode;
import dev.synapic.spec.hyperv.HypercallInput;
import dev.synapic.spec.vmbus.ChannelMessage;
import dev.synapic.spec.vmbus.VmbusVersion;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** A driver as Linux has it (drivers/hv), on a real SynIC and by real hypercalls. */
class VmbusTest {
    private static final long SIMP = 0x8000;
    private static final long SIEFP = 0x9000;
    private static final long BLOCK = 0x4000;
    private static final long RING = 0x2_0000;
    private static final int RING_PAGES = 3;
    private static final int DATA = (RING_PAGES - 1) * 4096;
    private static final int GPADL = 0xE1E10;
    private static final long SLOT = SIMP + 2 * 256;
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

    private static final class ManualClock implements VmbusClock {
        private final List<Runnable> due = new ArrayList<>();

        @Override
        public long nowNanos() {
            return 0;
        }

        @Override
        public Timer timer(Runnable action) {
            return new Timer() {
                @Override
                public void set(long nanos) {
                    due.add(action);
                }

                @Override
                public void cancel() {
                    due.remove(action);
                }
            };
        }

        void run() {
            while (!due.isEmpty()) {
                due.removeFirst().run();
            }
        }
    }

    /** Sends back what it receives. */
    private static final class Echo implements VmbusDevice {
        private boolean open;

        @Override
        public String name() {
            return "echo";
        }

        @Override
        public UUID interfaceId() {
            return UUID.fromString("57164f39-9115-4e78-ab55-382f3bd5422d");
        }

        @Override
        public UUID instanceId() {
            return UUID.fromString("fd149e91-82e0-4a7d-afa6-2a4166cbd7c0");
        }

        @Override
        public boolean isMessagePipe() {
            return true;
        }

        @Override
        public void opened(VmbusChannel channel) {
            open = true;
        }

        @Override
        public void received(VmbusChannel channel, VmbusPacket packet) {
            byte[] bytes = new byte[packet.payload().remaining()];
            packet.payload().get(bytes);
            if (packet.wantsCompletion()) {
                channel.complete(packet.transactionId(), bytes);
            } else {
                channel.send(bytes);
            }
        }

        @Override
        public void closed() {
            open = false;
        }
    }

    private final GuestMemory memory = GuestMemory.allocate(1 << 20);
    private final ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
    private final SynIcSet set = new SynIcSet(1);
    private final IrqChip chip =
            new IrqChip(IrqChip.Mode.SPLIT, (address, data) -> 0, set, PinPort.ABSENT, IrqChipListener.NONE);
    private final SynIcPages pages = new SynIcPages(1);
    private final SlotTurns turns = new SlotTurns(new MessageSlot(memory), 1);
    private final LocalApic apic = new LocalApic(0, true, bus, STOPPED, ApicListener.NONE);
    private final SynIc synIc = new SynIc(0, apic, bus, memory, turns, SynIcListener.both(pages, new SynIcListener() {
        @Override
        public void sintAcknowledged(SynIc from, int sint, Cause cause) {
            chip.acknowledgeSint(0, sint);
        }
    }));
    private final ConnectionTable connections = new ConnectionTable();
    private final HvHypercalls calls = new HvHypercalls(
            set,
            bus,
            memory,
            connections,
            TlbFlushPort.NONE,
            PartitionPrivileges.UNRESTRICTED,
            HvHypercallListener.NONE);
    private final ManualClock clock = new ManualClock();
    private final Echo echo = new Echo();
    private final SintGsiAllocator lines = new SintGsiAllocator(chip, 64, 128);
    private final Vmbus vmbus =
            new Vmbus(new VmbusPorts(lines, turns, pages, connections, memory, clock), List.of(echo));

    VmbusTest() {
        apic.writeRegister(0xF0, 0x1FF);
        set.add(synIc);
        synIc.activate(SynIc.Activation.SYNIC);
        synIc.write(HvMsr.HV_X64_MSR_SIMP, SIMP | 1);
        synIc.write(HvMsr.HV_X64_MSR_SIEFP, SIEFP | 1);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + 2, 0xF3);
        synIc.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
    }

    // ---- the driver

    private long post(int connection, ByteBuffer message) {
        memory.putLong(BLOCK, connection);
        memory.putInt(BLOCK + 8, 1);
        memory.putInt(BLOCK + 12, message.position());
        byte[] bytes = new byte[message.position()];
        message.get(0, bytes);
        memory.putBytes(BLOCK + 16, bytes);
        return calls.invoke(HypercallCode.HvCallPostMessage, BLOCK, 0, null) & 0xFFFF;
    }

    private static ByteBuffer message(int type) {
        return ByteBuffer.allocate(240)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(0);
    }

    /** The next message, or an empty buffer. */
    private ByteBuffer take() {
        int size = memory.getInt(SLOT) == 0 ? 0 : memory.getByte(SLOT + 4) & 0xFF;
        byte[] payload = new byte[size];
        memory.getBytes(SLOT + 16, payload, 0, size);
        memory.putInt(SLOT, 0);
        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
        return ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer contact(int version) {
        boolean five = version >= VmbusVersion.WIN10_V5;
        post(
                five ? 4 : 1,
                message(ChannelMessage.INITIATE_CONTACT)
                        .putInt(version)
                        .putInt(0)
                        .putLong(five ? 2 : 0)
                        .putLong(0)
                        .putLong(0));
        return take();
    }

    private int gpadl(int id, long firstPfn, int count) {
        ByteBuffer header = message(ChannelMessage.GPADL_HEADER).putInt(1).putInt(id);
        header.putShort((short) (8 + count * 8))
                .putShort((short) 1)
                .putInt(count * 4096)
                .putInt(0);
        for (int i = 0; i < count; i++) {
            header.putLong(firstPfn + i);
        }
        post(4, header);
        return take().getInt(16);
    }

    private int open(int downstream) {
        post(
                4,
                message(ChannelMessage.OPENCHANNEL)
                        .putInt(1)
                        .putInt(77)
                        .putInt(GPADL)
                        .putInt(0)
                        .putInt(downstream));
        ByteBuffer result = take();
        assertThat(result.getInt(12)).as("the open id comes back").isEqualTo(77);
        return result.getInt(16);
    }

    private void connect() {
        contact(VmbusVersion.WIN10_V5_3);
        post(4, message(ChannelMessage.REQUESTOFFERS));
        assertThat(take().getInt(0)).isEqualTo(ChannelMessage.OFFERCHANNEL);
        assertThat(take().getInt(0)).isEqualTo(ChannelMessage.ALLOFFERS_DELIVERED);
        assertThat(gpadl(GPADL, RING >> 12, 2 * RING_PAGES)).isZero();
        assertThat(open(RING_PAGES)).isZero();
        clock.run();
    }

    private void put(byte[] payload, int flags, long transaction) {
        ByteBuffer packet = ByteBuffer.allocate(16 + payload.length + 8).order(ByteOrder.LITTLE_ENDIAN);
        packet.putShort((short) 6).putShort((short) 2).putShort((short) (2 + payload.length / 8));
        packet.putShort((short) flags).putLong(transaction).put(payload);
        int write = memory.getInt(RING);
        for (byte b : packet.array()) {
            memory.putByte(RING + 4096 + write, b);
            write = (write + 1) % DATA;
        }
        memory.putInt(RING, write);
        signal();
    }

    private void signal() {
        calls.invoke(HypercallCode.HvCallSignalEvent | HypercallInput.FAST, 0x1_0001, 0, null);
        clock.run();
    }

    private ByteBuffer get() {
        long ring = RING + RING_PAGES * 4096L;
        int read = memory.getInt(ring + 4);
        int length = (memory.getByte(ring + 4096 + (read + 4) % DATA) & 0xFF)
                + (memory.getByte(ring + 4096 + (read + 5) % DATA) & 0xFF) * 256;
        byte[] packet = new byte[length * 8];
        for (int i = 0; i < packet.length; i++) {
            packet[i] = memory.getByte(ring + 4096 + (read + i) % DATA);
        }
        memory.putInt(ring + 4, (read + packet.length + 8) % DATA);
        return ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN);
    }

    // ---- the rules

    /** Linux, vmbus_negotiate_version: from the newest version down. */
    @Test
    void versionsUpTo53AreSupportedAndTheConnectionIdIsTold() {
        assertThat(contact(6 << 16).get(8)).isZero();
        ByteBuffer answer = contact(VmbusVersion.WIN10_V5_3);
        assertThat(answer.getInt(0)).isEqualTo(ChannelMessage.VERSION_RESPONSE);
        assertThat(answer.get(8)).isEqualTo((byte) 1);
        assertThat(answer.getInt(12)).isEqualTo(4);
        assertThat(contact(VmbusVersion.WIN8).getInt(12)).isEqualTo(1);
        assertThat(vmbus.version()).isEqualTo(VmbusVersion.WIN8);
    }

    /** Linux, struct vmbus_channel_offer_channel; GUID_INIT of HV_HEART_BEAT_GUID. */
    @Test
    void offerNamesTheDeviceItsRelidAndItsConnection() {
        contact(VmbusVersion.WIN10_V5_3);
        post(4, message(ChannelMessage.REQUESTOFFERS));
        ByteBuffer offer = take();
        assertThat(offer.remaining()).isEqualTo(196);
        assertThat(offer.getInt(8)).isEqualTo(0x57164f39);
        assertThat(offer.getShort(12)).isEqualTo((short) 0x9115);
        assertThat(offer.get(16)).isEqualTo((byte) 0xab);
        assertThat(offer.get(23)).isEqualTo((byte) 0x2d);
        assertThat(offer.getShort(56)).as("named pipe").isEqualTo((short) 0x11);
        assertThat(offer.getInt(60)).as("of messages").isEqualTo(4);
        assertThat(offer.getInt(184)).isEqualTo(1);
        assertThat(offer.getShort(190)).isEqualTo((short) 1);
        assertThat(offer.getInt(192)).isEqualTo(0x1_0001);
    }

    @Test
    void packetsOfEverySizeGoRoundTheRingsAndComeBack() {
        connect();
        for (int i = 0; i < 200; i++) {
            byte[] payload = new byte[8 + i % 90 * 8];
            new Random(i).nextBytes(payload);
            put(payload, i & 1, i);
            ByteBuffer back = get();
            assertThat(back.getShort(0)).isEqualTo((short) ((i & 1) == 1 ? 11 : 6));
            assertThat(back.getLong(8)).isEqualTo((i & 1) == 1 ? i : 0);
            assertThat(back.slice(16, payload.length)).isEqualTo(ByteBuffer.wrap(payload));
        }
        assertThat(vmbus.mistakes()).isZero();
    }

    /** Linux, hv_signal_on_write: a ring that was not empty needs no signal; the flag is the relid's, in SINT 2. */
    @Test
    void guestIsInterruptedOnlyWhenItsRingWasEmpty() {
        connect();
        put(new byte[8], 0, 0);
        assertThat(memory.getInt(SIEFP + 2 * 256)).isEqualTo(1 << 1);
        memory.putInt(SIEFP + 2 * 256, 0);
        put(new byte[8], 0, 0);
        assertThat(memory.getInt(SIEFP + 2 * 256)).isZero();
        assertThat(vmbus.channels().getFirst().interrupts()).isEqualTo(1);
    }

    /** Linux, hv_pkt_iter_close: pending_send_sz asks for a signal when there is space. */
    @Test
    void hostWaitsForSpaceAndLosesNothing() {
        connect();
        for (int i = 0; i < 14; i++) {
            put(new byte[1000], 1, i);
        }
        assertThat(memory.getInt(RING + RING_PAGES * 4096L + 12)).isEqualTo(1024);
        for (int i = 0; i < 8; i++) {
            assertThat(get().getLong(8)).isEqualTo(i);
            signal();
        }
        assertThat(get().getLong(8)).isEqualTo(8);
    }

    @Test
    void whatIsNoRamIsNoGpadlAndARingNeedsTwoPages() {
        contact(VmbusVersion.WIN10_V5_3);
        post(4, message(ChannelMessage.REQUESTOFFERS));
        take();
        take();
        assertThat(gpadl(5, 1L << 30, 2)).isEqualTo(ChannelMessage.STATUS_INVALID_PARAMETER);
        assertThat(gpadl(GPADL, RING >> 12, 6)).isZero();
        assertThat(open(1)).isEqualTo(ChannelMessage.STATUS_INVALID_PARAMETER);
        assertThat(open(5)).isEqualTo(ChannelMessage.STATUS_INVALID_PARAMETER);
    }

    @Test
    void unloadClosesEverythingAndIsAnswered() {
        connect();
        assertThat(echo.open).isTrue();
        post(4, message(ChannelMessage.UNLOAD));
        assertThat(take().getInt(0)).isEqualTo(ChannelMessage.UNLOAD_RESPONSE);
        assertThat(echo.open).isFalse();
        connect();
    }

    @Test
    void countersOutliveTheConnection() {
        connect();
        put(new byte[8], 0, 0);
        post(4, message(ChannelMessage.UNLOAD));
        VmbusChannel.Counters counters = vmbus.channels().getFirst();
        assertThat(counters.packetsIn()).isEqualTo(1);
        assertThat(counters.offered()).isFalse();
        assertThat(counters.open()).isFalse();
    }

    /** A guest can take all GSIs through other devices. */
    @Test
    void interruptWithoutAGsiIsLostAndThrowsNothing() {
        connect();
        for (int i = 65; i < 128; i++) {
            lines.open(0, 5, () -> {});
        }
        put(new byte[8], 0, 0);
        assertThat(vmbus.channels().getFirst().interrupts()).isZero();
        assertThat(vmbus.mistakes()).isEqualTo(1);
    }

    @Test
    void rescindedDeviceCannotBeOpenedUntilItIsReleased() {
        connect();
        vmbus.rescind(echo);
        assertThat(take().getInt(0)).isEqualTo(ChannelMessage.RESCIND_CHANNELOFFER);
        assertThat(echo.open).isFalse();
        assertThat(open(RING_PAGES)).isEqualTo(ChannelMessage.STATUS_INVALID_PARAMETER);
        long before = vmbus.mistakes();
        post(4, message(ChannelMessage.CLOSECHANNEL).putInt(1));
        assertThat(vmbus.mistakes()).as("Linux closes what is gone").isEqualTo(before);
        post(4, message(ChannelMessage.RELID_RELEASED).putInt(1));
        assertThat(vmbus.channels().getFirst().offered()).isFalse();
    }

    /** Messages and rings of any content: nothing is thrown. The seed is fixed. */
    @Test
    void anyMessageAndAnyRingAreBorne() {
        Random random = new Random(20261127);
        for (int round = 0; round < 200; round++) {
            connect();
            for (int i = 0; i < 50; i++) {
                memory.putInt(RING + random.nextInt(6 * 1024) * 4L, random.nextInt(1 << random.nextInt(1, 31)) & -8);
                signal();
                ByteBuffer any = message(random.nextInt(26));
                while (any.remaining() > 8) {
                    any.putInt(random.nextInt(4) == 0 ? random.nextInt() : random.nextInt(8));
                }
                post(1, any);
                clock.run();
            }
            vmbus.reset();
            memory.fill(RING, 6 * 4096, (byte) 0);
            memory.putInt(SLOT, 0);
        }
        assertThat(vmbus.mistakes()).isPositive();
    }
}
