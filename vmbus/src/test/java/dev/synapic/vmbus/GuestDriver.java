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
import dev.synapic.spec.vmbus.RingLayout;
import dev.synapic.spec.vmbus.VmbusVersion;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One device's driver, on a real SynIC and by real hypercalls, with the channel open. RAM from {@link #FREE} on is its
 * own.
 */
public final class GuestDriver {
    public static final long FREE = 0x4_0000;
    public static final int RAM_BYTES = 4 << 20;

    private static final long BLOCK = 0x4000;
    private static final long SIMP = 0x8000;
    private static final long SIEFP = 0x9000;
    private static final long SLOT = SIMP + 2 * 256;
    private static final long RING = 0x2_0000;
    private static final int RING_PAGES = 5;
    private static final long RECEIVE = RING + RING_PAGES * 4096L;
    private static final int DATA = (RING_PAGES - 1) * 4096;
    private static final int GPADL = 0xE1E10;
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

    private final GuestMemory memory = GuestMemory.allocate(RAM_BYTES);
    private final SynIc synIc;
    private final HvHypercalls calls;
    private final ManualClock clock = new ManualClock();

    public GuestDriver(VmbusDevice device) {
        ApicBus bus = new ApicBus(Transit.IMMEDIATE, ApicListener.NONE);
        SynIcSet set = new SynIcSet(1);
        IrqChip chip = new IrqChip(IrqChip.Mode.SPLIT, (address, data) -> 0, set, PinPort.ABSENT, IrqChipListener.NONE);
        SynIcPages pages = new SynIcPages(1);
        SlotTurns turns = new SlotTurns(new MessageSlot(memory), 1);
        LocalApic apic = new LocalApic(0, true, bus, STOPPED, ApicListener.NONE);
        apic.writeRegister(0xF0, 0x1FF);
        synIc = new SynIc(0, apic, bus, memory, turns, SynIcListener.both(pages, new SynIcListener() {
            @Override
            public void sintAcknowledged(SynIc from, int sint, Cause cause) {
                chip.acknowledgeSint(0, sint);
            }
        }));
        ConnectionTable connections = new ConnectionTable();
        calls = new HvHypercalls(
                set,
                bus,
                memory,
                connections,
                TlbFlushPort.NONE,
                PartitionPrivileges.UNRESTRICTED,
                HvHypercallListener.NONE);
        Vmbus _ = new Vmbus(
                new VmbusPorts(new SintGsiAllocator(chip, 64, 128), turns, pages, connections, memory, clock),
                List.of(device));
        set.add(synIc);
        synIc.activate(SynIc.Activation.SYNIC);
        synIc.write(HvMsr.HV_X64_MSR_SIMP, SIMP | 1);
        synIc.write(HvMsr.HV_X64_MSR_SIEFP, SIEFP | 1);
        synIc.write(HvMsr.HV_X64_MSR_SINT0 + 2, 0xF3);
        synIc.write(HvMsr.HV_X64_MSR_SCONTROL, 1);
        connect();
    }

    private void post(ByteBuffer message) {
        memory.putLong(BLOCK, ChannelMessage.MESSAGE_CONNECTION_ID_4);
        memory.putInt(BLOCK + 8, 1);
        memory.putInt(BLOCK + 12, message.position());
        memory.putBytes(BLOCK + 16, bytes(message), 0, message.position());
        calls.invoke(HypercallCode.HvCallPostMessage, BLOCK, 0, null);
    }

    private static ByteBuffer message(int type) {
        return little(240).putInt(type).putInt(0);
    }

    private ByteBuffer take(int type) {
        byte[] payload = new byte[240];
        memory.getBytes(SLOT + 16, payload, 0, payload.length);
        memory.putInt(SLOT, 0);
        synIc.write(HvMsr.HV_X64_MSR_EOM, 0);
        ByteBuffer taken = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(taken.getInt(0)).as("the message's type").isEqualTo(type);
        return taken;
    }

    private void connect() {
        ByteBuffer contact = message(ChannelMessage.INITIATE_CONTACT)
                .putInt(VmbusVersion.WIN10_V5_3)
                .putInt(0);
        post(contact.putLong(ChannelMessage.MESSAGE_SINT).putLong(0).putLong(0));
        take(ChannelMessage.VERSION_RESPONSE);
        post(message(ChannelMessage.REQUESTOFFERS));
        take(ChannelMessage.OFFERCHANNEL);
        take(ChannelMessage.ALLOFFERS_DELIVERED);
        int pages = 2 * RING_PAGES;
        ByteBuffer gpadl = message(ChannelMessage.GPADL_HEADER).putInt(1).putInt(GPADL);
        gpadl.putShort((short) (8 + pages * 8))
                .putShort((short) 1)
                .putInt(pages * 4096)
                .putInt(0);
        for (int i = 0; i < pages; i++) {
            gpadl.putLong((RING >> 12) + i);
        }
        post(gpadl);
        take(ChannelMessage.GPADL_CREATED);
        open();
    }

    /** Opens the channel, at first or again. */
    public void open() {
        post(message(ChannelMessage.OPENCHANNEL)
                .putInt(1)
                .putInt(77)
                .putInt(GPADL)
                .putInt(0)
                .putInt(RING_PAGES));
        assertThat(take(ChannelMessage.OPENCHANNEL_RESULT).getInt(16)).isZero();
        clock.run();
    }

    public void close() {
        post(message(ChannelMessage.CLOSECHANNEL).putInt(1));
    }

    public GuestMemory memory() {
        return memory;
    }

    /** A little-endian buffer. */
    public static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** All of it. */
    public static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.capacity()];
        buffer.get(0, bytes);
        return bytes;
    }

    // ---- packets

    /** Sends data that wants a completion. */
    public void send(long transaction, byte[] payload) {
        put(RingLayout.PACKET_DATA_INBAND, RingLayout.COMPLETION_REQUESTED, transaction, new byte[0], payload);
    }

    /** The same, with one range of memory: bytes from gpa on, in pages that follow each other. */
    public void send(long transaction, byte[] payload, long gpa, int bytes) {
        int offset = (int) (gpa & 0xFFF);
        int pages = offset + bytes + 4095 >> 12;
        ByteBuffer ranges =
                little(16 + pages * 8).putInt(0).putInt(1).putInt(bytes).putInt(offset);
        for (int i = 0; i < pages; i++) {
            ranges.putLong((gpa >> 12) + i);
        }
        put(
                RingLayout.PACKET_DATA_USING_GPA_DIRECT,
                RingLayout.COMPLETION_REQUESTED,
                transaction,
                bytes(ranges),
                payload);
    }

    /** Sends a packet of any kind; header stands between descriptor and payload, and both are multiples of 8 bytes. */
    public void put(int type, int flags, long transaction, byte[] header, byte[] payload) {
        int start = RingLayout.DESCRIPTOR_BYTES + header.length;
        int length = start + payload.length;
        ByteBuffer packet = little(length + RingLayout.TRAILER_BYTES);
        packet.putShort((short) type).putShort((short) (start / 8)).putShort((short) (length / 8));
        packet.putShort((short) flags).putLong(transaction).put(header).put(payload);
        int write = memory.getInt(RING);
        for (byte b : bytes(packet)) {
            memory.putByte(RING + 4096 + write, b);
            write = (write + 1) % DATA;
        }
        memory.putInt(RING, write);
        calls.invoke(HypercallCode.HvCallSignalEvent | HypercallInput.FAST, 0x1_0001, 0, null);
        clock.run();
    }

    /** The next packet of the device, with its descriptor; null where there is none. */
    public @Nullable ByteBuffer get() {
        int read = memory.getInt(RECEIVE + 4);
        if (read == memory.getInt(RECEIVE)) {
            return null;
        }
        byte[] packet = new byte[(memory.getInt(RECEIVE + 4096 + (read + 4) % DATA) & 0xFFFF) * 8];
        for (int i = 0; i < packet.length; i++) {
            packet[i] = memory.getByte(RECEIVE + 4096 + (read + i) % DATA);
        }
        memory.putInt(RECEIVE + 4, (read + packet.length + RingLayout.TRAILER_BYTES) % DATA);
        return ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The completion of that transaction: its payload. */
    public ByteBuffer completion(long transaction) {
        ByteBuffer packet = get();
        assertThat(packet).as("a packet").isNotNull();
        assertThat(packet.getShort(0)).isEqualTo((short) RingLayout.PACKET_COMPLETION);
        assertThat(packet.getLong(8)).as("transaction").isEqualTo(transaction);
        return packet.slice(RingLayout.DESCRIPTOR_BYTES, packet.limit() - RingLayout.DESCRIPTOR_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
    }
}
