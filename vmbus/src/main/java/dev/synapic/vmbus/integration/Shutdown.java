// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.integration;

import dev.synapic.spec.vmbus.IntegrationMessage;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Asks the guest to shut down and to switch the machine off.
 *
 * <ul>
 *   <li>Models: one request; while the guest's driver is not there, it waits for it.
 *   <li>Spec: Linux, drivers/hv/hv_util.c, shutdown_onchannelcallback: Linux accepts, then runs /sbin/poweroff.
 *   <li>Not modelled: restart and hibernation.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class Shutdown extends IntegrationService {
    /** How far a request has come. */
    public enum Progress {
        NOT_ASKED,
        /** The guest's driver is not there yet. */
        WAITING,
        SENT,
        ACCEPTED,
        REFUSED
    }

    /** SHTDN_REASON_MAJOR_OTHER, SHTDN_REASON_FLAG_PLANNED. */
    private static final int REASON_PLANNED = 0x8000_0000;

    private Progress progress = Progress.NOT_ASKED;

    public Shutdown() {
        super(IntegrationMessage.TYPE_SHUTDOWN, version(1, 0), version(3, 0), version(3, 1), version(3, 2));
    }

    @Override
    public String name() {
        return "shutdown";
    }

    @Override
    public UUID interfaceId() {
        return UUID.fromString("0e0b6031-5213-4934-818b-38d90ced39db");
    }

    @Override
    public UUID instanceId() {
        return UUID.fromString("b6650ff7-33bc-4840-8048-e0676786f393");
    }

    /** Asks now, or as soon as the driver is there. Once it is sent or accepted, asking again changes nothing. */
    public void ask() {
        if (progress != Progress.SENT && progress != Progress.ACCEPTED) {
            progress = Progress.WAITING;
            send();
        }
    }

    private void send() {
        if (!isIdle()) {
            return;
        }
        ByteBuffer message = message(IntegrationMessage.SHUTDOWN_BYTES)
                .putInt(REASON_PLANNED)
                .putInt(0)
                .putInt(IntegrationMessage.SHUTDOWN_POWER_OFF_FORCED);
        if (request(message)) {
            progress = Progress.SENT;
        }
    }

    @Override
    void ready() {
        if (progress == Progress.WAITING) {
            send();
        }
    }

    @Override
    void answered(int status, ByteBuffer body) {
        progress = status == IntegrationMessage.STATUS_OK ? Progress.ACCEPTED : Progress.REFUSED;
    }

    @Override
    void gone() {
        if (progress == Progress.SENT) {
            progress = Progress.WAITING;
        }
    }

    public Progress progress() {
        return progress;
    }
}
