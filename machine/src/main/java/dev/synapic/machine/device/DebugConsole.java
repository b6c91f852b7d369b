// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.IoDevice;
import java.util.function.IntConsumer;

/**
 * The debug console at port 0xE9: each byte written appears on the console; reading gives 0xE9, by which guests find it.
 *
 * <p>Models: the Bochs and QEMU convention. Not modelled: nothing. Threading: the machine's thread.
 */
public final class DebugConsole implements IoDevice {
    public static final int PORT = 0xE9;

    private final IntConsumer output;

    public DebugConsole(IntConsumer output) {
        this.output = output;
    }

    @Override
    public int in(int offset, int size) {
        return PORT;
    }

    @Override
    public void out(int offset, int size, int value) {
        output.accept(value & 0xFF);
    }
}
