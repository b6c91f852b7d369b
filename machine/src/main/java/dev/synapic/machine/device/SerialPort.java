// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.IoDevice;
import java.util.function.IntConsumer;

/**
 * COM1's transmitter, polled.
 *
 * <p>Models: THR, LSR (transmitter always empty, nothing received), LCR with DLAB, IER, MCR, SCR as storage. Spec: 16550A data sheet.
 * Not modelled: reception, interrupts, FIFOs, modem lines. Threading: the machine's thread.
 */
public final class SerialPort implements IoDevice {
    public static final int COM1 = 0x3F8;
    public static final int PORTS = 8;
    private static final int DATA = 0;
    private static final int IIR = 2;
    private static final int LCR = 3;
    private static final int LSR = 5;
    private static final int MSR = 6;
    private static final int LCR_DLAB = 0x80;
    private static final int LSR_THRE_TEMT = 0x60;
    private static final int IIR_NOTHING = 0x01;

    private final int[] registers = new int[PORTS];
    private final IntConsumer output;

    /** output receives each byte that the guest sends, 0 to 255. */
    public SerialPort(IntConsumer output) {
        this.output = output;
    }

    @Override
    public int in(int offset, int size) {
        return switch (offset) {
            case DATA -> (registers[LCR] & LCR_DLAB) != 0 ? registers[DATA] : 0;
            case IIR -> IIR_NOTHING;
            case LSR -> LSR_THRE_TEMT;
            case MSR -> 0;
            default -> registers[offset];
        };
    }

    @Override
    public void out(int offset, int size, int value) {
        if (offset == DATA && (registers[LCR] & LCR_DLAB) == 0) {
            output.accept(value & 0xFF);
        } else {
            registers[offset] = value & 0xFF;
        }
    }
}
