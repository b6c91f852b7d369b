// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.iommu;

import dev.synapic.guestmem.GuestMemory;
import dev.synapic.interrupts.apic.ApicBus;
import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.machine.bus.BusMaster;
import dev.synapic.machine.bus.MmioDevice;
import dev.synapic.spec.x86.VtdRegister;

/**
 * A VT-d remapping unit: stands between the devices and both RAM and local APICs.
 *
 * <ul>
 *   <li>Models: DMA remapping by second-level tables, interrupt remapping with extended interrupt mode, queued and
 *       register-based invalidation, fault recording with its event.
 *   <li>Spec: Intel Virtualization Technology for Directed I/O, legacy mode.
 *   <li>Not modelled: caches of any kind, so a guest that forgets an invalidation is not found out; scalable mode, posted
 *       interrupts, device TLBs and page requests, protected memory ranges, the advanced fault log: the capabilities say so.
 *       Accesses of 8 and 16 bits, which the specification forbids, read a part and write nothing.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class RemappingUnit implements MmioDevice {
    public static final long ADDRESS = 0xFED9_0000L;
    public static final int LENGTH = 0x1000;

    /** Bus, device and function of chips that are on no bus, as the DMAR table tells them. */
    public static final int CHIP_BUS = 0xF0;

    public static final int IO_APIC_DEVICE = 0x1F;
    public static final int HPET_DEVICE = 0x0F;

    private static final int IOTLB_COMMAND = Capabilities.IOTLB + 8;
    private static final int EVENT_BYTES = 16;
    private static final long TABLE_BITS = ~0xFFFL;
    private static final int TABLE_SIZE_BITS = 0xF;
    private static final int RECORDS_END = Capabilities.FAULT_RECORDS + FaultLog.RECORDS * FaultLog.RECORD_BYTES;

    private final IommuConfig config;
    private final FaultLog faults;
    private final InvalidationQueue queue;
    private final InterruptRemapping interrupts;
    private final DmaRemapping memory;

    private int status;
    private long rootTable;
    private long contextCommand;
    private long interruptTable;
    private long iotlbAddress;
    private long iotlbCommand;

    public RemappingUnit(IommuConfig config, GuestMemory ram, ApicBus bus) {
        this.config = config;
        this.faults = new FaultLog(bus::sendMsi);
        this.queue = new InvalidationQueue(ram, faults, bus::sendMsi, config.interruptRemapping());
        this.interrupts = new InterruptRemapping(ram, bus, faults, config.extendedMode());
        this.memory = new DmaRemapping(ram, faults, config.addressBits());
    }

    // ---- the devices' side

    /** Takes the messages of a PCI function: bus in bits 15:8, device 7:3, function 2:0. */
    public MsiPort messages(int sourceId) {
        return (address, data) -> interrupts.send(sourceId, address, data);
    }

    /** Takes the messages of a chip of the board, with its source id if the chips have some. */
    public MsiPort chipMessages(int device) {
        return messages(config.chipSources() ? CHIP_BUS << 8 | device << 3 : InterruptRemapping.NO_SOURCE);
    }

    /** Translates the addresses of a PCI function. */
    public BusMaster.Translation translation(int sourceId) {
        return (address, write) -> memory.translate(sourceId, address, write);
    }

    // ---- registers

    @Override
    public long read(long offset, int size) {
        int word = (int) offset & ~3;
        if (size == 8) {
            return readWord(word) & 0xFFFF_FFFFL | (long) readWord(word + 4) << 32;
        }
        return (readWord(word) & 0xFFFF_FFFFL) >>> 8 * ((int) offset & 3);
    }

    /** The lower half first, so that the upper one, where commands start, finds it. */
    @Override
    public void write(long offset, int size, long value) {
        int at = (int) offset;
        if (size < 4 || at % size != 0) {
            return;
        }
        writeWord(at, (int) value);
        if (size == 8) {
            writeWord(at + 4, (int) (value >>> 32));
        }
    }

    private int readWord(int offset) {
        if (offset >= Capabilities.FAULT_RECORDS && offset < RECORDS_END) {
            return faults.readRecord(offset - Capabilities.FAULT_RECORDS);
        }
        if (isEvent(offset, VtdRegister.FAULT_EVENT)) {
            return faults.event().read(offset - VtdRegister.FAULT_EVENT);
        }
        if (isEvent(offset, VtdRegister.COMPLETION_EVENT)) {
            return queue.event().read(offset - VtdRegister.COMPLETION_EVENT);
        }
        return switch (offset & ~7) {
            case VtdRegister.CAPABILITY -> half(Capabilities.basic(config), offset);
            case VtdRegister.EXTENDED_CAPABILITY -> half(Capabilities.extended(config), offset);
            case VtdRegister.ROOT_TABLE -> half(rootTable, offset);
            case VtdRegister.CONTEXT_COMMAND -> half(contextCommand, offset);
            case VtdRegister.INTERRUPT_TABLE -> half(interruptTable, offset);
            case Capabilities.IOTLB -> half(iotlbAddress, offset);
            case IOTLB_COMMAND -> half(iotlbCommand, offset);
            default -> readNarrow(offset);
        };
    }

    private int readNarrow(int offset) {
        return switch (offset) {
            case VtdRegister.VERSION -> Capabilities.VERSION;
            case VtdRegister.GLOBAL_STATUS -> status;
            case VtdRegister.FAULT_STATUS -> faults.readStatus();
            default -> queue.read(offset);
        };
    }

    private void writeWord(int offset, int value) {
        if (offset >= Capabilities.FAULT_RECORDS && offset < RECORDS_END) {
            faults.writeRecord(offset - Capabilities.FAULT_RECORDS, value);
        } else if (isEvent(offset, VtdRegister.FAULT_EVENT)) {
            faults.event().write(offset - VtdRegister.FAULT_EVENT, value);
        } else if (isEvent(offset, VtdRegister.COMPLETION_EVENT)) {
            queue.event().write(offset - VtdRegister.COMPLETION_EVENT, value);
        } else {
            writeControl(offset, value);
        }
    }

    private void writeControl(int offset, int value) {
        switch (offset) {
            case VtdRegister.GLOBAL_COMMAND -> command(value);
            case VtdRegister.ROOT_TABLE, VtdRegister.ROOT_TABLE + 4 ->
                rootTable = half(rootTable, offset, value) & TABLE_BITS;
            case VtdRegister.CONTEXT_COMMAND -> contextCommand = half(contextCommand, offset, value);
            case VtdRegister.CONTEXT_COMMAND + 4 ->
                contextCommand = half(contextCommand, offset, invalidatedContexts(value));
            case VtdRegister.FAULT_STATUS -> {
                faults.writeStatus(value);
                // A queue that had stopped goes on where it was (6.5.2.10).
                queue.process();
            }
            case VtdRegister.INTERRUPT_TABLE, VtdRegister.INTERRUPT_TABLE + 4 -> writeInterruptTable(offset, value);
            case Capabilities.IOTLB, Capabilities.IOTLB + 4 -> iotlbAddress = half(iotlbAddress, offset, value);
            case IOTLB_COMMAND -> iotlbCommand = half(iotlbCommand, offset, value);
            case IOTLB_COMMAND + 4 -> iotlbCommand = half(iotlbCommand, offset, invalidatedTranslations(value));
            default -> queue.write(offset, value);
        }
    }

    private void writeInterruptTable(int offset, int value) {
        if (config.interruptRemapping()) {
            long extended = config.extendedMode() ? VtdRegister.EXTENDED_MODE : 0;
            interruptTable = half(interruptTable, offset, value) & (TABLE_BITS | TABLE_SIZE_BITS | extended);
        }
    }

    private void command(int value) {
        if ((value & VtdRegister.SET_ROOT_TABLE) != 0) {
            memory.setRootTable(rootTable);
            status |= VtdRegister.SET_ROOT_TABLE;
        }
        if ((value & VtdRegister.SET_INTERRUPT_TABLE) != 0 && config.interruptRemapping()) {
            interrupts.setTable(interruptTable);
            status |= VtdRegister.SET_INTERRUPT_TABLE;
        }
        int lasting = VtdRegister.TRANSLATION | VtdRegister.QUEUED_INVALIDATION;
        if (config.interruptRemapping()) {
            lasting |= VtdRegister.INTERRUPT_REMAPPING | VtdRegister.COMPATIBILITY_FORMAT;
        }
        status = status & ~lasting | value & lasting;
        memory.enable(is(VtdRegister.TRANSLATION));
        interrupts.enable(is(VtdRegister.INTERRUPT_REMAPPING), is(VtdRegister.COMPATIBILITY_FORMAT));
        queue.enable(is(VtdRegister.QUEUED_INVALIDATION));
    }

    private boolean is(int statusBit) {
        return (status & statusBit) != 0;
    }

    /** Done at once, at the granularity asked for; none is done while the queue is the way to ask (6.5.1). */
    private int invalidatedContexts(int command) {
        int asked = command >>> VtdRegister.CONTEXT_REQUESTED_SHIFT & 3;
        return invalidated(command, VtdRegister.CONTEXT_INVALIDATE, asked, VtdRegister.CONTEXT_ACTUAL_SHIFT);
    }

    private int invalidatedTranslations(int command) {
        int asked = command >>> VtdRegister.IOTLB_REQUESTED_SHIFT & 3;
        return invalidated(command, VtdRegister.IOTLB_INVALIDATE, asked, VtdRegister.IOTLB_ACTUAL_SHIFT);
    }

    private int invalidated(int command, int start, int asked, int actualShift) {
        int rest = command & ~(start | 3 << actualShift);
        boolean done = (command & start) != 0 && !is(VtdRegister.QUEUED_INVALIDATION);
        return done ? rest | asked << actualShift : rest;
    }

    private static boolean isEvent(int offset, int first) {
        return offset >= first && offset < first + EVENT_BYTES;
    }

    private static int half(long register, int offset) {
        return (int) ((offset & 4) == 0 ? register : register >>> 32);
    }

    /** A 64-bit register with one of its halves replaced. */
    static long half(long register, int offset, int value) {
        long word = value & 0xFFFF_FFFFL;
        return (offset & 4) == 0 ? register & ~0xFFFF_FFFFL | word : register & 0xFFFF_FFFFL | word << 32;
    }

    // ---- state

    /** Power-on: nothing is remapped. */
    public void reset() {
        restore(IommuState.POWER_ON);
    }

    public IommuState save() {
        return new IommuState(
                IommuState.CURRENT_VERSION,
                status,
                rootTable,
                contextCommand,
                interruptTable,
                iotlbAddress,
                iotlbCommand,
                faults.save(),
                queue.save(),
                interrupts.save(),
                memory.save());
    }

    public void restore(IommuState state) {
        status = state.status();
        rootTable = state.rootTable();
        contextCommand = state.contextCommand();
        interruptTable = state.interruptTable();
        iotlbAddress = state.iotlbAddress();
        iotlbCommand = state.iotlbCommand();
        faults.restore(state.faults());
        queue.restore(state.queue());
        interrupts.restore(state.interrupts());
        memory.restore(state.memory());
    }
}
