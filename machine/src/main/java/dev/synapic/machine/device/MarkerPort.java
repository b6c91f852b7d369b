// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device;

import dev.synapic.machine.bus.IoDevice;
import java.util.function.IntConsumer;

/**
 * A port by which a guest marks instants, so that what is counted between two marks can be told apart: bits 31:24 event (1 begin,
 * 2 end), bits 23:16 scenario.
 *
 * <p>Models: Synapic's own guests' convention; harmless elsewhere, since nothing answers there. Threading: the machine's thread.
 */
public final class MarkerPort implements IoDevice {
    public static final int PORT = 0x5F0;
    public static final int PORTS = 4;
    public static final int BEGIN = 1;
    public static final int END = 2;

    private final IntConsumer marks;

    public MarkerPort(IntConsumer marks) {
        this.marks = marks;
    }

    @Override
    public void out(int offset, int size, int value) {
        marks.accept(value);
    }
}
