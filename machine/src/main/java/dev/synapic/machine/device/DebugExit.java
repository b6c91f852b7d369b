// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.IoDevice;
import java.util.function.IntConsumer;

/**
 * The isa-debug-exit port: a write ends the machine, with exit status (value << 1) | 1.
 *
 * <p>Models: QEMU's device. Not modelled: nothing. Threading: the machine's thread.
 */
public final class DebugExit implements IoDevice {
    private final IntConsumer exit;

    /** exit receives the status. */
    public DebugExit(IntConsumer exit) {
        this.exit = exit;
    }

    @Override
    public int in(int offset, int size) {
        return 0;
    }

    @Override
    public void out(int offset, int size, int value) {
        exit.accept(value << 1 | 1);
    }
}
