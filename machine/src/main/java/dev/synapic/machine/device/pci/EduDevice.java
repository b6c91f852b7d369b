// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.pci;

import dev.synapic.interrupts.msi.MsiPort;
import dev.synapic.machine.bus.BusMaster;
import dev.synapic.machine.bus.MmioDevice;
import dev.synapic.machine.device.StateVersions;
import dev.synapic.machine.schedule.DeviceClock;
import dev.synapic.machine.schedule.DeviceTimer;
import dev.synapic.machine.schedule.VirtualTime;
import java.util.Base64;

/**
 * edu: the device on which people learn to write drivers, with one of everything.
 *
 * <ul>
 *   <li>Models: identification, liveness check, factorial, interrupts by pin and by message, transfers between RAM and a buffer
 *       of 4 KiB at 0x40000 of the device, 28-bit addresses.
 *   <li>Spec: QEMU's docs/specs/edu.
 *   <li>Not modelled: the dma_mask property. A transfer that does not lie within the buffer does not happen; QEMU ends the
 *       machine. How long things take is ours: a multiplication 10 ns, a transfer 100 us.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class EduDevice implements MmioDevice {
    private static final PciId ID = PciId.qemu(0x1234, 0x11E8, 0x10, 0xFF_0000);
    private static final int BAR_BYTES = 1 << 20;

    private static final int IDENTIFICATION = 0x00;
    private static final int LIVENESS = 0x04;
    private static final int FACTORIAL = 0x08;
    private static final int STATUS = 0x20;
    private static final int INTERRUPT_STATUS = 0x24;
    private static final int INTERRUPT_RAISE = 0x60;
    private static final int INTERRUPT_ACKNOWLEDGE = 0x64;
    private static final int DMA_SOURCE = 0x80;
    private static final int DMA_DESTINATION = 0x88;
    private static final int DMA_COUNT = 0x90;
    private static final int DMA_COMMAND = 0x98;

    /** Version 1.0 of the device. */
    private static final int VERSION_AND_NAME = 0x0100_00ED;

    private static final int COMPUTING = 0x01;
    private static final int FACTORIAL_INTERRUPTS = 0x80;
    private static final int FACTORIAL_DONE = 0x001;
    private static final int TRANSFER_DONE = 0x100;

    private static final int DMA_START = 1;
    private static final int DMA_TO_RAM = 1 << 1;
    private static final int DMA_INTERRUPTS = 1 << 2;
    private static final int BUFFER = 0x4_0000;
    static final int BUFFER_BYTES = 4096;
    private static final long ADDRESS_MASK = (1 << 28) - 1;

    /** 34! is the first factorial that 2^32 divides. */
    private static final int FIRST_ZERO_FACTORIAL = 34;

    private static final long MULTIPLICATION_PS = 10_000;
    private static final long TRANSFER_PS = 100_000_000;

    private final BusMaster memory;
    private final DeviceClock clock;
    private final MsiCapability msi;
    private final DeviceTimer computed;
    private final DeviceTimer transferred;
    private final PciFunction function;
    private final byte[] buffer = new byte[BUFFER_BYTES];

    private int liveness;
    private int factorial;
    private int status;
    private int interrupts;
    private long source;
    private long destination;
    private long count;
    private long command;
    private long computedPs = VirtualTime.NEVER;
    private long transferredPs = VirtualTime.NEVER;

    public EduDevice(DeviceClock clock, BusMaster memory, MsiPort messages) {
        this.memory = memory;
        this.clock = clock;
        this.msi = new MsiCapability(messages);
        this.computed = clock.timer(this::finishFactorial);
        this.transferred = clock.timer(this::finishTransfer);
        this.function = new PciFunction(ID)
                .memoryBar(0, BAR_BYTES, this)
                .withInterruptPin()
                .capability(msi);
    }

    /** For {@link PciBus#attach}. */
    public PciFunction function() {
        return function;
    }

    // ---- registers

    /** Registers from 0x80 on are of 64 bits, those below of 32; other accesses find nothing. */
    @Override
    public long read(long offset, int size) {
        if (size != 4 && (size != 8 || offset < DMA_SOURCE)) {
            return -1;
        }
        return switch ((int) offset) {
            case IDENTIFICATION -> VERSION_AND_NAME;
            case LIVENESS -> liveness;
            case FACTORIAL -> factorial;
            case STATUS -> status;
            case INTERRUPT_STATUS -> interrupts;
            case DMA_SOURCE -> source;
            case DMA_DESTINATION -> destination;
            case DMA_COUNT -> count;
            case DMA_COMMAND -> command;
            default -> -1;
        };
    }

    @Override
    public void write(long offset, int size, long value) {
        if (offset >= DMA_SOURCE && size >= 4) {
            writeTransfer((int) offset, value);
        } else if (size == 4) {
            write((int) offset, (int) value);
        }
    }

    private void write(int offset, int value) {
        switch (offset) {
            case LIVENESS -> liveness = ~value;
            case FACTORIAL -> compute(value);
            case STATUS -> status = status & ~FACTORIAL_INTERRUPTS | value & FACTORIAL_INTERRUPTS;
            case INTERRUPT_RAISE -> raise(value);
            case INTERRUPT_ACKNOWLEDGE -> acknowledge(value);
            default -> {
                // Read-only, or nothing.
            }
        }
    }

    /** Nothing can be written while a transfer is under way. */
    private void writeTransfer(int offset, long value) {
        if ((command & DMA_START) != 0) {
            return;
        }
        switch (offset) {
            case DMA_SOURCE -> source = value;
            case DMA_DESTINATION -> destination = value;
            case DMA_COUNT -> count = value;
            case DMA_COMMAND -> {
                if ((value & DMA_START) != 0) {
                    command = value;
                    transferredPs = clock.nowPs() + TRANSFER_PS;
                    transferred.set(transferredPs);
                }
            }
            default -> {
                // Nothing is there.
            }
        }
    }

    // ---- interrupts

    private void raise(int bits) {
        interrupts |= bits;
        if (interrupts == 0) {
            return;
        }
        if (msi.enabled()) {
            msi.send();
        } else {
            function.setInterrupt(true);
        }
    }

    private void acknowledge(int bits) {
        interrupts &= ~bits;
        if (interrupts == 0) {
            function.setInterrupt(false);
        }
    }

    // ---- factorial

    private void compute(int number) {
        if ((status & COMPUTING) != 0) {
            return;
        }
        status |= COMPUTING;
        factorial = number;
        computedPs = clock.nowPs() + multiplications() * MULTIPLICATION_PS;
        computed.set(computedPs);
    }

    private int multiplications() {
        return Integer.compareUnsigned(factorial, FIRST_ZERO_FACTORIAL) < 0 ? factorial : FIRST_ZERO_FACTORIAL;
    }

    /** Modulo 2^32. */
    private void finishFactorial() {
        int product = 1;
        for (int i = multiplications(); i > 1; i--) {
            product *= i;
        }
        factorial = product;
        status &= ~COMPUTING;
        computedPs = VirtualTime.NEVER;
        if ((status & FACTORIAL_INTERRUPTS) != 0) {
            raise(FACTORIAL_DONE);
        }
    }

    // ---- transfers

    private void finishTransfer() {
        boolean toRam = (command & DMA_TO_RAM) != 0;
        long inBuffer = (toRam ? source : destination) - BUFFER;
        boolean fits = count >= 0 && count <= BUFFER_BYTES && inBuffer >= 0 && inBuffer <= BUFFER_BYTES - count;
        if (fits && count > 0 && function.isBusMaster()) {
            transfer(toRam, (int) inBuffer);
        }
        command &= ~DMA_START;
        transferredPs = VirtualTime.NEVER;
        if ((command & DMA_INTERRUPTS) != 0) {
            raise(TRANSFER_DONE);
        }
    }

    private void transfer(boolean toRam, int inBuffer) {
        if (toRam) {
            memory.write(destination & ADDRESS_MASK, buffer, inBuffer, (int) count);
        } else {
            memory.read(source & ADDRESS_MASK, buffer, inBuffer, (int) count);
        }
    }

    // ---- state

    /**
     * All state but the configuration space, which is the bus's.
     *
     * @param buffer in Base64
     * @param computedPs when the factorial will be there, in absolute virtual time
     * @param transferredPs when the transfer will be done
     */
    public record State(
            int version,
            int liveness,
            int factorial,
            int status,
            int interrupts,
            long source,
            long destination,
            long count,
            long command,
            long computedPs,
            long transferredPs,
            String buffer) {
        public static final int CURRENT_VERSION = 1;

        public State {
            StateVersions.check("edu", version, CURRENT_VERSION);
            if (Base64.getDecoder().decode(buffer).length != BUFFER_BYTES) {
                throw new IllegalArgumentException("edu has a buffer of %d bytes".formatted(BUFFER_BYTES));
            }
        }
    }

    public void reset() {
        String zeros = Base64.getEncoder().encodeToString(new byte[BUFFER_BYTES]);
        long never = VirtualTime.NEVER;
        restore(new State(State.CURRENT_VERSION, 0, 0, 0, 0, 0, 0, 0, 0, never, never, zeros));
        function.setInterrupt(false);
    }

    public State save() {
        return new State(
                State.CURRENT_VERSION,
                liveness,
                factorial,
                status,
                interrupts,
                source,
                destination,
                count,
                command,
                computedPs,
                transferredPs,
                Base64.getEncoder().encodeToString(buffer));
    }

    public void restore(State state) {
        liveness = state.liveness();
        factorial = state.factorial();
        status = state.status();
        interrupts = state.interrupts();
        source = state.source();
        destination = state.destination();
        count = state.count();
        command = state.command();
        computedPs = state.computedPs();
        transferredPs = state.transferredPs();
        System.arraycopy(Base64.getDecoder().decode(state.buffer()), 0, buffer, 0, BUFFER_BYTES);
        computed.set(computedPs);
        transferred.set(transferredPs);
    }
}
