// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import dev.synapic.spec.vmbus.RingLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A channel between a device and its driver in the guest.
 *
 * <ul>
 *   <li>Models: two ring buffers with interrupt mask and flow control. The host hears a signal a fixed time later, and
 *       reads until the ring is empty. It reads no further while packets of its own wait for space, so that a guest which
 *       does not read cannot make it keep more and more.
 *   <li>Spec: Linux, drivers/hv/ring_buffer.c and include/linux/hyperv.h.
 *   <li>Not modelled: transfer pages, GPADLs as data, subchannels, monitored channels.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class VmbusChannel {
    /** From a guest's signal to the host that acts on it. */
    public static final long LATENCY_NANOS = 10_000;

    private static final int MOST_WAITING = 64;
    private static final int MOST_PAYLOAD = 16 << 10;

    /** Interrupts the guest. */
    interface Signal {
        boolean raise();
    }

    private final VmbusPorts ports;
    private final VmbusDevice device;
    private final int relid;
    private final VmbusClock.Timer work;
    private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
    private @Nullable InboundRing inbound;
    private @Nullable OutboundRing outbound;
    private @Nullable Signal signal;
    private boolean rescinded;
    private boolean announced;
    private boolean planned;
    private long packetsIn;
    private long packetsOut;
    private long signals;
    private long interrupts;
    private long mistakes;

    VmbusChannel(VmbusPorts ports, VmbusDevice device, int relid) {
        this.ports = ports;
        this.device = device;
        this.relid = relid;
        this.work = ports.clock().timer(this::work);
    }

    // ---- the bus's side ---------------------------------------------------------------------------------------------

    VmbusDevice device() {
        return device;
    }

    int relid() {
        return relid;
    }

    boolean isOpen() {
        return inbound != null;
    }

    boolean isRescinded() {
        return rescinded;
    }

    /** The guest may only release it. */
    void rescind() {
        rescinded = true;
    }

    void open(InboundRing in, OutboundRing out, Signal guest) {
        inbound = in;
        outbound = out;
        signal = guest;
        announced = false;
        plan();
    }

    void redirect(Signal guest) {
        signal = guest;
    }

    void close() {
        if (inbound == null) {
            return;
        }
        inbound = null;
        outbound = null;
        signal = null;
        planned = false;
        work.cancel();
        waiting.clear();
        if (announced) {
            announced = false;
            device.closed();
        }
    }

    /** The guest has written, or has made space. */
    void signalled() {
        signals++;
        plan();
    }

    private void plan() {
        InboundRing in = inbound;
        if (in != null && !planned) {
            planned = true;
            in.mask(true);
            work.set(ports.clock().nowNanos() + LATENCY_NANOS);
        }
    }

    private void work() {
        if (!isOpen() || !planned) {
            return;
        }
        planned = false;
        if (!announced) {
            announced = true;
            device.opened(this);
        }
        flush();
        InboundRing in = inbound;
        if (in != null) {
            drain(in);
        }
    }

    private void drain(InboundRing in) {
        int free = in.free();
        while (in == inbound && waiting.isEmpty()) {
            VmbusPacket packet = in.next();
            if (packet == null) {
                break;
            }
            packetsIn++;
            device.received(this, packet);
        }
        if (in != inbound) {
            return;
        }
        if (in.isBroken()) {
            mistakes++;
        }
        in.mask(false);
        if (in.guestWaitsNoMore(free)) {
            interrupt();
        }
    }

    private void flush() {
        OutboundRing out = outbound;
        while (out != null && !waiting.isEmpty()) {
            switch (out.put(waiting.getFirst())) {
                case FULL -> {
                    return;
                }
                case BROKEN -> {
                    mistakes++;
                    waiting.clear();
                }
                case WRITTEN -> wrote();
                case WRITTEN_SIGNAL -> {
                    wrote();
                    interrupt();
                }
            }
        }
    }

    private void wrote() {
        waiting.remove();
        packetsOut++;
    }

    private void interrupt() {
        Signal guest = signal;
        if (guest != null && guest.raise()) {
            interrupts++;
        }
    }

    // ---- the device's side ------------------------------------------------------------------------------------------

    /** Sends data; false where the channel is closed, or too much waits already, and nothing is sent. */
    public boolean send(byte[] payload) {
        return put(RingLayout.PACKET_DATA_INBAND, 0, payload);
    }

    /** Completes the guest's packet of that transaction. */
    public boolean complete(long transactionId, byte[] payload) {
        return put(RingLayout.PACKET_COMPLETION, transactionId, payload);
    }

    private boolean put(int type, long transactionId, byte[] payload) {
        if (payload.length > MOST_PAYLOAD) {
            throw new IllegalArgumentException("a packet of " + payload.length + " bytes");
        }
        if (!isOpen() || waiting.size() >= MOST_WAITING) {
            return false;
        }
        int length = RingLayout.DESCRIPTOR_BYTES + (payload.length + 7 & -8);
        byte[] packet = new byte[length];
        ByteBuffer out = ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN);
        out.putShort((short) type).putShort((short) (RingLayout.DESCRIPTOR_BYTES / 8));
        out.putShort((short) (length / 8)).putShort((short) 0).putLong(transactionId);
        out.put(payload);
        waiting.add(packet);
        flush();
        return true;
    }

    /**
     * What happened on a channel since power-on.
     *
     * @param device its name
     * @param offered to the guest, which has not released it
     * @param signals of the guest
     * @param interrupts of the guest; a flag that still stood is none
     * @param mistakes rings that the guest has spoilt
     */
    public record Counters(
            String device,
            UUID interfaceId,
            UUID instanceId,
            int relid,
            boolean offered,
            boolean open,
            long packetsIn,
            long packetsOut,
            long signals,
            long interrupts,
            long mistakes) {}

    Counters counters(boolean offered) {
        return new Counters(
                device.name(),
                device.interfaceId(),
                device.instanceId(),
                relid,
                offered,
                isOpen(),
                packetsIn,
                packetsOut,
                signals,
                interrupts,
                mistakes);
    }
}
