// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.machine.bus.BusMaster;
import dev.synapic.machine.bus.Buses;
import dev.synapic.machine.bus.IoBus;
import dev.synapic.machine.bus.MmioBus;
import dev.synapic.machine.device.DeviceTime;
import dev.synapic.machine.device.PowerPort;
import dev.synapic.machine.device.ResetControl;
import dev.synapic.machine.device.pci.PciBus;
import java.util.ArrayList;
import java.util.List;

/**
 * A guest's driver in Java: finds the device at 00:02.0 by its capabilities, negotiates, and has a ring for each queue in guest RAM,
 * which it fills as a test says. It knows the registers only by the specification's numbers.
 */
final class MiniDriver implements AutoCloseable {
    static final int NEXT = 1;
    static final int WRITE = 2;
    static final int INDIRECT = 4;
    static final int RING = 8;

    static final long VERSION_1 = 1L << 32;
    static final long EVENT_IDX = 1L << 29;
    static final long INDIRECT_DESC = 1L << 28;

    private static final int CONFIGURATION = 2 << 11;
    private static final long RINGS = 0x1_0000;
    private static final long RING_BYTES = 0x4000;

    final GuestMemory ram = GuestMemory.allocate(4 << 20);
    final DeviceTime time = new DeviceTime();
    /** Lines as "10+", messages as "fee00000 41". */
    final List<String> interrupts = new ArrayList<>();

    final Buses buses = new Buses(new IoBus(), new MmioBus());
    int size = RING;
    private final int[] availableIndex = new int[9];
    private long bar;
    private long tableBar;
    private int common;
    private int isr;
    private int deviceConfiguration;
    private int notify;
    private int notifyMultiplier;
    int accessCapability;
    int msixCapability;

    MiniDriver(VirtioDevice device) {
        this(device, BusMaster.Translation.NONE, false);
    }

    /** A device behind a remapping unit. */
    MiniDriver(VirtioDevice device, BusMaster.Translation translation) {
        this(device, translation, true);
    }

    private MiniDriver(VirtioDevice device, BusMaster.Translation translation, boolean translated) {
        BusMaster master = new BusMaster(ram, this::message, translation);
        VirtioPci transport = new VirtioPci(device, time, master, this::message, translated);
        PciBus bus =
                new PciBus(buses, (gsi, on) -> interrupts.add(gsi + (on ? "+" : "-")), new ResetControl(new NoPower()));
        buses.io().attach(PciBus.ADDRESS_PORT, PciBus.PORTS, bus);
        bus.attach(2, 0, transport.function());
        bus.assignResources();
        find();
    }

    private int message(long address, int data) {
        interrupts.add("%x %x".formatted(address, data));
        return 1;
    }

    private record NoPower() implements PowerPort {
        @Override
        public void powerOff() {}

        @Override
        public void sleepForever(int type) {}

        @Override
        public void reset(Reset reach, String by) {}
    }

    // ---- PCI

    int configuration(int register, int bytes) {
        buses.io().out(0xCF8, 4, 1 << 31 | CONFIGURATION | register & ~3);
        int value = buses.io().in(0xCFC + (register & 3), bytes);
        return bytes == 4 ? value : value & (1 << 8 * bytes) - 1;
    }

    void configure(int register, int bytes, int value) {
        buses.io().out(0xCF8, 4, 1 << 31 | CONFIGURATION | register & ~3);
        buses.io().out(0xCFC + (register & 3), bytes, value);
    }

    /** Virtio 1.2, 4.1.4: type at 3, BAR at 4, offset at 8, multiplier at 16. */
    private void find() {
        for (int at = configuration(0x34, 1); at != 0; at = configuration(at + 1, 1)) {
            if (configuration(at, 1) == 0x11) {
                msixCapability = at;
                tableBar = configuration(0x10 + 4 * (configuration(at + 4, 4) & 7), 4) & ~0xFL & 0xFFFF_FFFFL;
            } else {
                place(at);
            }
        }
    }

    private void place(int at) {
        int offset = configuration(at + 8, 4);
        switch (configuration(at + 3, 1)) {
            case 1 -> {
                common = offset;
                bar = configuration(0x10 + 4 * configuration(at + 4, 1), 4) & ~0xFL & 0xFFFF_FFFFL;
            }
            case 2 -> {
                notify = offset;
                notifyMultiplier = configuration(at + 16, 4);
            }
            case 3 -> isr = offset;
            case 4 -> deviceConfiguration = offset;
            default -> accessCapability = at;
        }
    }

    // ---- registers

    long common(int offset, int bytes) {
        return buses.mmio().read(bar + common + offset, bytes);
    }

    void common(int offset, int bytes, long value) {
        buses.mmio().write(bar + common + offset, bytes, value);
    }

    long device(int offset, int bytes) {
        return buses.mmio().read(bar + deviceConfiguration + offset, bytes);
    }

    void device(int offset, int bytes, long value) {
        buses.mmio().write(bar + deviceConfiguration + offset, bytes, value);
    }

    long isr() {
        return buses.mmio().read(bar + isr, 1);
    }

    int status() {
        return (int) common(20, 1);
    }

    boolean needsReset() {
        return (status() & 64) != 0;
    }

    long offered() {
        common(0, 4, 0);
        long low = common(4, 4);
        common(0, 4, 1);
        return low | common(4, 4) << 32;
    }

    void accept(long features) {
        common(8, 4, 0);
        common(12, 4, features & 0xFFFF_FFFFL);
        common(8, 4, 1);
        common(12, 4, features >>> 32);
    }

    long notifyAddress(int queue) {
        common(22, 2, queue);
        return bar + notify + common(30, 2) * notifyMultiplier;
    }

    void notify(int queue) {
        buses.mmio().write(notifyAddress(queue), 2, queue);
    }

    /** Notifies and lets a millisecond pass. */
    void turn(int queue) {
        notify(queue);
        time.pass(DeviceTime.MILLISECOND);
    }

    // ---- MSI-X

    void enableMsix(int control) {
        configure(msixCapability + 2, 2, 0x8000 | control);
    }

    void vector(int vector, long address, int data, int mask) {
        long entry = tableBar + 16L * vector;
        buses.mmio().write(entry, 4, address & 0xFFFF_FFFFL);
        buses.mmio().write(entry + 4, 4, address >>> 32);
        buses.mmio().write(entry + 8, 4, data);
        buses.mmio().write(entry + 12, 4, mask);
    }

    void mask(int vector, int mask) {
        buses.mmio().write(tableBar + 16L * vector + 12, 4, mask);
    }

    long pending() {
        return buses.mmio().read(tableBar + 0x800, 8);
    }

    // ---- set-up

    /** All of 3.1.1, with queues of {@link #size}. */
    MiniDriver start(long features) {
        prepare(features);
        ready();
        return this;
    }

    /** The last step. */
    void ready() {
        common(20, 1, 15);
    }

    /** All but the last step. */
    void prepare(long features) {
        common(20, 1, 0);
        common(20, 1, 1);
        common(20, 1, 3);
        accept(features | VERSION_1);
        common(20, 1, 11);
        int queues = (int) common(18, 2);
        for (int queue = 0; queue < queues; queue++) {
            setUp(queue);
        }
    }

    private void setUp(int queue) {
        availableIndex[queue] = 0;
        ram.fill(table(queue), RING_BYTES, (byte) 0);
        common(22, 2, queue);
        common(24, 2, size);
        address(32, table(queue));
        address(40, available(queue));
        address(48, used(queue));
        common(28, 2, 1);
    }

    private void address(int offset, long value) {
        common(offset, 4, value & 0xFFFF_FFFFL);
        common(offset + 4, 4, value >>> 32);
    }

    static long table(int queue) {
        return RINGS + RING_BYTES * queue;
    }

    static long available(int queue) {
        return table(queue) + 0x1000;
    }

    static long used(int queue) {
        return table(queue) + 0x2000;
    }

    // ---- rings

    void descriptor(long table, int index, long address, int length, int flags, int next) {
        long at = table + 16L * index;
        ram.putLong(at, address);
        ram.putInt(at + 8, length);
        ram.putShort(at + 12, (short) flags);
        ram.putShort(at + 14, (short) next);
    }

    void descriptor(int index, long address, int length, int flags, int next) {
        descriptor(table(0), index, address, length, flags, next);
    }

    /** Makes a chain available. */
    void offer(int queue, int head) {
        int index = availableIndex[queue];
        ram.putShort(available(queue) + 4 + 2L * (index % size), (short) head);
        setAvailableIndex(queue, index + 1);
    }

    void setAvailableIndex(int queue, int index) {
        availableIndex[queue] = index & 0xFFFF;
        ram.putShort(available(queue) + 2, (short) index);
    }

    int usedIndex(int queue) {
        return ram.getShort(used(queue) + 2) & 0xFFFF;
    }

    int usedHead(int queue, int index) {
        return ram.getInt(used(queue) + 4 + 8L * (index % size));
    }

    int usedLength(int queue, int index) {
        return ram.getInt(used(queue) + 8 + 8L * (index % size));
    }

    /** When the driver wants to be told, by used index. */
    void setUsedEvent(int queue, int index) {
        ram.putShort(available(queue) + 4 + 2L * size, (short) index);
    }

    int availableEvent(int queue) {
        return ram.getShort(used(queue) + 4 + 8L * size) & 0xFFFF;
    }

    @Override
    public void close() {
        ram.close();
    }
}
