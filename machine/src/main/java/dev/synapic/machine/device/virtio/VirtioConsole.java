// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import java.util.function.IntConsumer;

/**
 * virtio-console: one port, a guest's hvc0.
 *
 * <ul>
 *   <li>Models: receive and transmit queue, the emergency write.
 *   <li>Spec: Virtio 1.2, 5.3.
 *   <li>Not modelled: several ports, sizes; none is offered.
 *   <li>Threading: the machine's thread; a turn of a queue takes 10 us of virtual time.
 * </ul>
 */
public final class VirtioConsole implements VirtioDevice {
    /** To the guest; who has typed serves it. */
    public static final int RECEIVE_QUEUE = 0;

    private static final int QUEUES = 2;
    private static final int ID = 3;
    private static final int COMMUNICATION = 0x07_8000;
    private static final long LATENCY_PS = 10_000_000;
    private static final long EMERG_WRITE = 1L << 2;
    private static final int EMERGENCY = 8;
    private static final int BUFFER_BYTES = 4096;

    private final IntConsumer output;
    private final byte[] bytes = new byte[BUFFER_BYTES];
    /** Typed and not yet with the guest. */
    private final byte[] typed = new byte[BUFFER_BYTES];

    private int typedCount;
    private boolean ready;

    /** output receives each byte that the guest writes. */
    public VirtioConsole(IntConsumer output) {
        this.output = output;
    }

    @Override
    public int deviceId() {
        return ID;
    }

    @Override
    public int pciClass() {
        return COMMUNICATION;
    }

    @Override
    public long features() {
        return EMERG_WRITE;
    }

    @Override
    public int queues() {
        return QUEUES;
    }

    @Override
    public long latencyPs() {
        return LATENCY_PS;
    }

    @Override
    public void writeConfiguration(int offset, int size, long value) {
        if (offset == EMERGENCY) {
            output.accept((int) value & 0xFF);
        }
    }

    @Override
    public void driverReady(boolean nowReady) {
        ready = nowReady;
        typedCount = 0;
    }

    // ---- the host's side

    /** Whether a driver is there. */
    public boolean ready() {
        return ready;
    }

    /** How many bytes there is room for. */
    public int room() {
        return BUFFER_BYTES - typedCount;
    }

    /** A byte for the guest; without room it is lost. The receive queue has to be served then. */
    public void receive(int b) {
        if (ready && typedCount < BUFFER_BYTES) {
            typed[typedCount++] = (byte) b;
        }
    }

    // ---- queues

    @Override
    public void serve(int number, Virtqueue queue) throws RingViolation {
        if (number == RECEIVE_QUEUE) {
            deliver(queue);
        } else {
            transmit(queue);
        }
    }

    /** What finds no buffer waits until the driver notifies the queue. */
    private void deliver(Virtqueue queue) throws RingViolation {
        while (typedCount > 0) {
            DescriptorChain buffer = queue.take();
            if (buffer == null) {
                return;
            }
            int count = (int) Math.min(typedCount, buffer.writableBytes());
            buffer.write(0, typed, 0, count);
            queue.use(buffer, count);
            typedCount -= count;
            System.arraycopy(typed, count, typed, 0, typedCount);
        }
    }

    private void transmit(Virtqueue queue) throws RingViolation {
        for (DescriptorChain text = queue.take(); text != null; text = queue.take()) {
            for (long done = 0; done < text.readableBytes(); ) {
                int part = (int) Math.min(BUFFER_BYTES, text.readableBytes() - done);
                text.read(done, bytes, 0, part);
                for (int i = 0; i < part; i++) {
                    output.accept(bytes[i] & 0xFF);
                }
                done += part;
            }
            queue.use(text, 0);
        }
    }
}
