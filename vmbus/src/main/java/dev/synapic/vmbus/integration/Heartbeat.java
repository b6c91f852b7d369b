// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import dev.synapic.spec.vmbus.IntegrationMessage;
import dev.synapic.vmbus.VmbusClock;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Asks the guest every 2 s of virtual time whether it is alive.
 *
 * <ul>
 *   <li>Models: a sequence number, to which the guest adds 1. The next beat is planned when the last one is answered, so
 *       that a guest that is dead is left alone, and can be seen to be.
 *   <li>Spec: Linux, drivers/hv/hv_util.c, heartbeat_onchannelcallback.
 *   <li>Not modelled: what newer guests tell of their applications.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class Heartbeat extends IntegrationService {
    /** Between two beats. */
    public static final long PERIOD_NANOS = 2_000_000_000L;

    private final VmbusClock clock;
    private final VmbusClock.Timer timer;
    private final ByteBuffer beat = message(IntegrationMessage.HEARTBEAT_BYTES);
    private long sequence;
    private long sentNanos;
    private long wrong;

    public Heartbeat(VmbusClock clock) {
        super(IntegrationMessage.TYPE_HEARTBEAT, version(1, 0), version(3, 0));
        this.clock = clock;
        this.timer = clock.timer(this::beat);
    }

    @Override
    public String name() {
        return "heartbeat";
    }

    @Override
    public UUID interfaceId() {
        return UUID.fromString("57164f39-9115-4e78-ab55-382f3bd5422d");
    }

    @Override
    public UUID instanceId() {
        return UUID.fromString("fd149e91-82e0-4a7d-afa6-2a4166cbd7c0");
    }

    @Override
    void ready() {
        beat();
    }

    private void beat() {
        sentNanos = clock.nowNanos();
        request(beat.putLong(IntegrationMessage.BODY, sequence));
    }

    @Override
    void answered(int status, ByteBuffer body) {
        if (status == IntegrationMessage.STATUS_OK
                && body.remaining() >= Long.BYTES
                && body.getLong() == sequence + 1) {
            sequence++;
        } else {
            wrong++;
        }
        timer.set(sentNanos + PERIOD_NANOS);
    }

    @Override
    void gone() {
        timer.cancel();
    }

    /** Beats that were answered as they should be. */
    public long sequence() {
        return sequence;
    }

    /** Beats that were answered with an error or another number. */
    public long wrong() {
        return wrong;
    }
}
