// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import dev.synapic.spec.vmbus.IntegrationMessage;
import dev.synapic.vmbus.VmbusClock;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.function.LongSupplier;

/**
 * Tells the guest what time it is: once to set its clock, then a sample every 5 s of virtual time.
 *
 * <ul>
 *   <li>Models: version 4, where each time comes with the reference time at which it was taken. All times are virtual: the
 *       board's calendar goes on with the machine's clock. A guest that does not answer gets no more samples.
 *   <li>Spec: Linux, drivers/hv/hv_util.c, timesync_onchannelcallback; the period is OpenVMM's.
 *   <li>Not modelled: versions before 4, in which the guest has to guess when the time was taken.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class TimeSync extends IntegrationService {
    /** Between two samples. */
    public static final long PERIOD_NANOS = 5_000_000_000L;

    private static final long UNITS_PER_SECOND = 10_000_000;
    private static final int NANOS_PER_UNIT = 100;

    private final VmbusClock clock;
    private final VmbusClock.Timer timer;
    private final LongSupplier referenceTime;
    private final long startTime;
    private final ByteBuffer sample = message(IntegrationMessage.TIME_SYNC_BYTES);
    private long sentNanos;

    /** referenceTime is the partition's, in units of 100 ns; epochSeconds is the time of day at power-on, since 1970. */
    public TimeSync(VmbusClock clock, LongSupplier referenceTime, long epochSeconds) {
        super(IntegrationMessage.TYPE_TIME_SYNC, version(4, 0));
        this.clock = clock;
        this.timer = clock.timer(() -> tell(IntegrationMessage.TIME_SYNC_FLAG_SAMPLE));
        this.referenceTime = referenceTime;
        this.startTime = IntegrationMessage.EPOCH_1970 + epochSeconds * UNITS_PER_SECOND;
    }

    @Override
    public String name() {
        return "timesync";
    }

    @Override
    public UUID interfaceId() {
        return UUID.fromString("9527e630-d0ae-497b-adce-e80ab0175caf");
    }

    @Override
    public UUID instanceId() {
        return UUID.fromString("2dd1ce17-079e-403c-b352-a1921ee207ee");
    }

    @Override
    void ready() {
        tell(IntegrationMessage.TIME_SYNC_FLAG_SYNC);
    }

    private void tell(int flag) {
        sentNanos = clock.nowNanos();
        int at = IntegrationMessage.BODY;
        request(sample.putLong(at, startTime + sentNanos / NANOS_PER_UNIT)
                .putLong(at + Long.BYTES, referenceTime.getAsLong())
                .put(at + 2 * Long.BYTES, (byte) flag));
    }

    @Override
    void answered(int status, ByteBuffer body) {
        timer.set(sentNanos + PERIOD_NANOS);
    }

    @Override
    void gone() {
        timer.cancel();
    }
}
