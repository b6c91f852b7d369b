// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import java.util.function.LongSupplier;

/**
 * virtio-rng: random bytes, as the machine's seed decides them; no source of secrets.
 *
 * <p>Spec: Virtio 1.2, 5.4. A request gets at most 4 KiB. Threading: the machine's thread; a turn takes 10 us of virtual time.
 */
public final class VirtioEntropy implements VirtioDevice {
    private static final int ID = 4;
    private static final int UNCLASSIFIED = 0x00_FF00;
    private static final long LATENCY_PS = 10_000_000;
    private static final int MOST_BYTES = 4096;

    private final LongSupplier random;
    private final byte[] bytes = new byte[MOST_BYTES];

    public VirtioEntropy(LongSupplier random) {
        this.random = random;
    }

    @Override
    public int deviceId() {
        return ID;
    }

    @Override
    public int pciClass() {
        return UNCLASSIFIED;
    }

    @Override
    public long features() {
        return 0;
    }

    @Override
    public int queues() {
        return 1;
    }

    @Override
    public long latencyPs() {
        return LATENCY_PS;
    }

    @Override
    public void serve(int number, Virtqueue queue) throws RingViolation {
        for (DescriptorChain request = queue.take(); request != null; request = queue.take()) {
            if (request.writableBytes() == 0) {
                throw new RingViolation("a request for no entropy");
            }
            int count = (int) Math.min(MOST_BYTES, request.writableBytes());
            for (int at = 0; at < count; at += Long.BYTES) {
                LittleEndian.put64(bytes, at, random.getAsLong());
            }
            request.write(0, bytes, 0, count);
            queue.use(request, count);
        }
    }
}
