// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.machine.bus.IoDevice;
import dev.synapic.machine.bus.MmioDevice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A PCI function's configuration space. A device makes one, adds what it has and gives it to the bus.
 *
 * <ul>
 *   <li>Models: a type 0 header: ids, command and status, base address registers with sizing, the interrupt pin with its
 *       disable bit, capabilities; registers of a device's own.
 *   <li>Spec: PCI Local Bus 3.0, 6.1 and 6.2.
 *   <li>Not modelled: expansion ROMs, errors, power management.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class PciFunction {
    public static final int BYTES = 256;

    private static final int VENDOR = 0x00;
    private static final int DEVICE = 0x02;
    private static final int COMMAND = 0x04;
    private static final int STATUS = 0x06;
    private static final int REVISION = 0x08;
    private static final int HEADER_TYPE = 0x0E;
    private static final int BAR_0 = 0x10;
    private static final int BARS = 6;
    private static final int BAR_END = BAR_0 + 4 * BARS;
    private static final int SUBSYSTEM_VENDOR = 0x2C;
    private static final int CAPABILITIES = 0x34;
    private static final int INTERRUPT_LINE = 0x3C;
    private static final int INTERRUPT_PIN = 0x3D;
    private static final int DEVICE_SPECIFIC = 0x40;

    static final int COMMAND_IO = 1;
    static final int COMMAND_MEMORY = 1 << 1;
    static final int COMMAND_MASTER = 1 << 2;
    private static final int COMMAND_NO_INTX = 1 << 10;
    private static final int COMMAND_WRITABLE = 0x0547;
    private static final int STATUS_INTERRUPT = 1 << 3;
    private static final int STATUS_CAPABILITIES = 1 << 4;
    private static final int MULTIFUNCTION = 0x80;

    private final byte[] space = new byte[BYTES];
    private final byte[] writable = new byte[BYTES];
    private final byte[] atStart = new byte[BYTES];
    private final @Nullable PciBar[] bars = new PciBar[BARS];
    private final List<PciCapability> capabilities = new ArrayList<>();
    private int nextCapability = DEVICE_SPECIFIC;
    private boolean requests;
    private Runnable changed = () -> {};

    public PciFunction(PciId id) {
        put16(VENDOR, id.vendor());
        put16(DEVICE, id.device());
        space[REVISION] = (byte) id.revision();
        space[REVISION + 1] = (byte) id.classCode();
        put16(REVISION + 2, id.classCode() >> 8);
        put16(SUBSYSTEM_VENDOR, id.subsystemVendor());
        put16(SUBSYSTEM_VENDOR + 2, id.subsystem());
        allowWrites(COMMAND, 2, COMMAND_WRITABLE);
        allowWrites(INTERRUPT_LINE, 1, 0xFF);
    }

    // ---- what a device puts in, before the bus has it

    /** A range of I/O ports; size is a power of two. */
    public PciFunction ioBar(int index, int size, IoDevice device) {
        bars[index] = PciBar.io(index, size, device);
        return this;
    }

    /** A range of 32-bit addresses; size is a power of two. */
    public PciFunction memoryBar(int index, long size, MmioDevice device) {
        bars[index] = PciBar.memory(index, PciBar.Kind.MEMORY_32, size, device);
        return this;
    }

    /** A range of 64-bit addresses, which takes the register behind it, too. */
    public PciFunction memory64Bar(int index, long size, MmioDevice device) {
        bars[index] = PciBar.memory(index, PciBar.Kind.MEMORY_64, size, device);
        return this;
    }

    /** The function uses INTA. */
    public PciFunction withInterruptPin() {
        space[INTERRUPT_PIN] = 1;
        return this;
    }

    /** More functions follow at the same device number. */
    public PciFunction multifunction() {
        space[HEADER_TYPE] |= (byte) MULTIFUNCTION;
        return this;
    }

    /** A register of the device's own, or a header's that this device lets write: what it holds and which bits the guest may write. */
    public PciFunction register(int offset, int value, int mask) {
        space[offset] = (byte) value;
        writable[offset] = (byte) mask;
        return this;
    }

    /** One more in the list, before those that are there. */
    public PciFunction capability(PciCapability capability) {
        capabilities.add(capability);
        capability.place(this, nextCapability, space[CAPABILITIES] & 0xFF);
        space[CAPABILITIES] = (byte) nextCapability;
        put16(STATUS, get16(STATUS) | STATUS_CAPABILITIES);
        // They begin at multiples of four (6.7).
        nextCapability += capability.bytes() + 3 & ~3;
        return this;
    }

    private void allowWrites(int offset, int bytes, long mask) {
        for (int i = 0; i < bytes; i++) {
            writable[offset + i] = (byte) (mask >>> 8 * i);
        }
    }

    /** The bus takes the function; what is there now is what a reset restores. */
    void attached(Runnable onChange) {
        System.arraycopy(space, 0, atStart, 0, BYTES);
        changed = onChange;
    }

    // ---- configuration space

    int get8(int offset) {
        return readByte(offset);
    }

    int get16(int offset) {
        return space[offset] & 0xFF | (space[offset + 1] & 0xFF) << 8;
    }

    int get32(int offset) {
        return get16(offset) | get16(offset + 2) << 16;
    }

    void put8(int offset, int value) {
        space[offset] = (byte) value;
    }

    private void put16(int offset, int value) {
        space[offset] = (byte) value;
        space[offset + 1] = (byte) (value >> 8);
    }

    /** Reads size bytes; what is behind the end reads as ones. */
    int read(int offset, int size) {
        for (PciCapability capability : capabilities) {
            capability.functionRead(offset, size);
        }
        int value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | readByte(offset + i);
        }
        return value;
    }

    private int readByte(int offset) {
        if (offset >= BYTES) {
            return 0xFF;
        }
        if (offset >= BAR_0 && offset < BAR_END) {
            return barRegister((offset - BAR_0) / 4) >>> (offset & 3) * 8 & 0xFF;
        }
        int value = space[offset] & 0xFF;
        return offset == STATUS && requests ? value | STATUS_INTERRUPT : value;
    }

    private int barRegister(int index) {
        PciBar bar = bars[index];
        if (bar != null) {
            return bar.register(false);
        }
        PciBar below = index == 0 ? null : bars[index - 1];
        return below != null && below.kind() == PciBar.Kind.MEMORY_64 ? below.register(true) : 0;
    }

    void write(int offset, int size, int value) {
        for (int i = 0; i < size && offset + i < BYTES; i++) {
            writeByte(offset + i, value >>> 8 * i & 0xFF);
        }
        for (PciCapability capability : capabilities) {
            capability.functionWritten(offset, size);
        }
        changed.run();
    }

    private void writeByte(int offset, int value) {
        if (offset >= BAR_0 && offset < BAR_END) {
            int index = (offset - BAR_0) / 4;
            int shift = (offset & 3) * 8;
            setBarRegister(index, barRegister(index) & ~(0xFF << shift) | value << shift);
        } else {
            space[offset] = (byte) (space[offset] & ~writable[offset] | value & writable[offset]);
        }
    }

    private void setBarRegister(int index, int value) {
        PciBar bar = bars[index];
        if (bar != null) {
            bar.setAddress(bar.address() & ~0xFFFF_FFFFL | value & 0xFFFF_FFFFL);
            return;
        }
        PciBar below = index == 0 ? null : bars[index - 1];
        if (below != null && below.kind() == PciBar.Kind.MEMORY_64) {
            below.setAddress(below.address() & 0xFFFF_FFFFL | (long) value << 32);
        }
    }

    // ---- what the bus asks

    List<PciBar> bars() {
        List<PciBar> present = new ArrayList<>();
        for (PciBar bar : bars) {
            if (bar != null) {
                present.add(bar);
            }
        }
        return present;
    }

    boolean decodes(PciBar bar) {
        int bit = bar.kind() == PciBar.Kind.IO ? COMMAND_IO : COMMAND_MEMORY;
        return (get16(COMMAND) & bit) != 0 && bar.isMappable();
    }

    boolean hasInterruptPin() {
        return space[INTERRUPT_PIN] != 0;
    }

    /** Whether it asserts INTA on the bus, which nothing does that sends messages (6.8). */
    boolean assertsInterrupt() {
        return requests
                && (get16(COMMAND) & COMMAND_NO_INTX) == 0
                && capabilities.stream().noneMatch(PciCapability::replacesPin);
    }

    /** What firmware leaves: the BARs have addresses; ports, memory and bus mastering are on. */
    void enable(int interruptLine) {
        put16(COMMAND, COMMAND_IO | COMMAND_MEMORY | COMMAND_MASTER);
        space[INTERRUPT_LINE] = (byte) interruptLine;
        changed.run();
    }

    // ---- the device's side

    /** Whether the guest lets it access memory. */
    public boolean isBusMaster() {
        return (get16(COMMAND) & COMMAND_MASTER) != 0;
    }

    /** Asserts or deasserts the function's interrupt pin. */
    public void setInterrupt(boolean asserted) {
        if (requests != asserted) {
            requests = asserted;
            changed.run();
        }
    }

    // ---- state

    /** As when it was attached; the BARs lose their addresses. */
    void reset() {
        System.arraycopy(atStart, 0, space, 0, BYTES);
        bars().forEach(bar -> bar.setAddress(0));
        capabilities.forEach(PciCapability::reset);
        requests = false;
        changed.run();
    }

    PciState.Function save(int devfn) {
        List<Integer> bytes = new ArrayList<>(BYTES);
        for (byte value : space) {
            bytes.add(value & 0xFF);
        }
        return new PciState.Function(
                devfn, bytes, bars().stream().map(PciBar::address).toList(), requests);
    }

    void restore(PciState.Function state) {
        List<PciBar> present = bars();
        if (present.size() != state.barAddresses().size()) {
            throw new IllegalArgumentException("PCI function 0x%x has %d BARs, the state has %d"
                    .formatted(
                            state.devfn(), present.size(), state.barAddresses().size()));
        }
        for (int i = 0; i < BYTES; i++) {
            space[i] = (byte) (int) state.space().get(i);
        }
        for (int i = 0; i < present.size(); i++) {
            present.get(i).setAddress(state.barAddresses().get(i));
        }
        requests = state.requests();
        changed.run();
    }
}
