// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus;

import dev.synapic.interrupts.hyperv.SynIcMessage;
import dev.synapic.spec.hyperv.HvMessage;
import dev.synapic.spec.hyperv.HvSint;
import dev.synapic.spec.hyperv.HvStatus;
import dev.synapic.spec.vmbus.ChannelMessage;
import dev.synapic.spec.vmbus.VmbusVersion;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The host of VMBus.
 *
 * <ul>
 *   <li>Models: versions 2.4 to 5.3; contact, offers, GPADLs, channels, their target processors, rescinding, unloading.
 *       A new contact begins anew, as a kernel does that another one has started.
 *   <li>Spec: Linux, include/linux/hyperv.h and drivers/hv.
 *   <li>Not modelled: versions before 2.4, whose interrupts go through a page of bits; monitor pages, which are accepted
 *       and not used, since no channel has a monitor; Hyper-V sockets; saved state.
 *   <li>A message that makes no sense is counted, and answered where the protocol has a status.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class Vmbus {
    /** A channel's connection id for signals is this plus its relid. */
    public static final int FIRST_EVENT_CONNECTION = 0x1_0000;

    private static final int MOST_GPADLS = 256;
    private static final int NO_MONITOR = 0xFF;
    private static final int DEDICATED_INTERRUPT = 1;
    private static final int USER_BYTES = 120;

    private final VmbusPorts ports;
    private final GuestLink guest;
    private final List<VmbusChannel> all = new ArrayList<>();
    /** Those that are offered and not released, by relid. */
    private final Map<Integer, VmbusChannel> channels = new TreeMap<>();

    private final Map<Integer, Gpadl> gpadls = new HashMap<>();
    private int version;
    private boolean offered;
    private long received;
    private long mistakes;

    /** Takes its message connections at once; throws EEXIST where somebody else has one. At most 255 devices. */
    public Vmbus(VmbusPorts ports, List<VmbusDevice> devices) {
        if (devices.size() >= GuestLink.MOST_ANSWERS) {
            throw new IllegalArgumentException(devices.size() + " devices: at most " + (GuestLink.MOST_ANSWERS - 1));
        }
        this.ports = ports;
        this.guest = new GuestLink(ports);
        for (VmbusDevice device : devices) {
            all.add(new VmbusChannel(ports, device, all.size() + 1));
        }
        ports.connections().addMessageHandler(ChannelMessage.MESSAGE_CONNECTION_ID, this::post);
        ports.connections().addMessageHandler(ChannelMessage.MESSAGE_CONNECTION_ID_4, this::post);
    }

    // ---- messages of the guest --------------------------------------------------------------------------------------

    private int post(SynIcMessage message) {
        ByteBuffer in = ByteBuffer.wrap(message.payload()).order(ByteOrder.LITTLE_ENDIAN);
        if (message.type() != HvMessage.TYPE_CHANNEL || in.remaining() < ChannelMessage.HEADER_BYTES) {
            mistakes++;
            return HvStatus.HV_STATUS_SUCCESS;
        }
        int type = in.getInt();
        in.getInt();
        if (guest.isFull() && type != ChannelMessage.INITIATE_CONTACT) {
            return HvStatus.HV_STATUS_INSUFFICIENT_BUFFERS;
        }
        received++;
        if (in.remaining() < leastBytes(type) || version == 0 && type != ChannelMessage.INITIATE_CONTACT) {
            mistakes++;
        } else {
            take(type, in);
        }
        return HvStatus.HV_STATUS_SUCCESS;
    }

    /** Behind the header. */
    private static int leastBytes(int type) {
        return switch (type) {
            case ChannelMessage.INITIATE_CONTACT -> 32;
            case ChannelMessage.OPENCHANNEL -> 20;
            case ChannelMessage.GPADL_HEADER -> 12;
            case ChannelMessage.GPADL_BODY, ChannelMessage.GPADL_TEARDOWN, ChannelMessage.MODIFYCHANNEL -> 8;
            case ChannelMessage.CLOSECHANNEL, ChannelMessage.RELID_RELEASED -> 4;
            default -> 0;
        };
    }

    private void take(int type, ByteBuffer in) {
        switch (type) {
            case ChannelMessage.INITIATE_CONTACT -> contact(in);
            case ChannelMessage.REQUESTOFFERS -> requestOffers();
            case ChannelMessage.GPADL_HEADER -> gpadlHeader(in);
            case ChannelMessage.GPADL_BODY -> gpadlBody(in);
            case ChannelMessage.GPADL_TEARDOWN -> gpadlTeardown(in);
            case ChannelMessage.OPENCHANNEL -> open(in);
            case ChannelMessage.MODIFYCHANNEL -> modify(in);
            case ChannelMessage.CLOSECHANNEL -> close(in.getInt());
            case ChannelMessage.RELID_RELEASED -> release(in.getInt());
            case ChannelMessage.UNLOAD -> unload();
            default -> mistakes++;
        }
    }

    private void contact(ByteBuffer in) {
        int wanted = in.getInt();
        int vpIndex = in.getInt();
        int sint = in.get(in.position()) & 0xFF;
        disconnect();
        boolean named = Integer.compareUnsigned(wanted, VmbusVersion.WIN10_V5) >= 0;
        int target = named ? sint : ChannelMessage.MESSAGE_SINT;
        if (!ports.pages().exists(vpIndex) || target >= HvSint.COUNT || !guest.target(vpIndex, target)) {
            mistakes++;
            return;
        }
        version = isSupported(wanted) ? wanted : 0;
        int connection = named ? ChannelMessage.MESSAGE_CONNECTION_ID_4 : ChannelMessage.MESSAGE_CONNECTION_ID;
        ByteBuffer out = message(ChannelMessage.VERSION_RESPONSE, 8);
        guest.post(out.put((byte) (version == 0 ? 0 : 1))
                .put((byte) 0)
                .putShort((short) 0)
                .putInt(connection));
    }

    private static boolean isSupported(int version) {
        return switch (version) {
            case VmbusVersion.WIN8,
                    VmbusVersion.WIN8_1,
                    VmbusVersion.WIN10,
                    VmbusVersion.WIN10_V4_1,
                    VmbusVersion.WIN10_V5,
                    VmbusVersion.WIN10_V5_1,
                    VmbusVersion.WIN10_V5_2,
                    VmbusVersion.WIN10_V5_3 -> true;
            default -> false;
        };
    }

    private void requestOffers() {
        if (offered) {
            mistakes++;
            return;
        }
        offered = true;
        for (VmbusChannel channel : all) {
            if (!channel.isRescinded()) {
                channels.put(channel.relid(), channel);
                guest.post(offer(channel));
            }
        }
        guest.post(message(ChannelMessage.ALLOFFERS_DELIVERED, 0));
    }

    private static ByteBuffer offer(VmbusChannel channel) {
        ByteBuffer out = message(ChannelMessage.OFFERCHANNEL, ChannelMessage.OFFER_BYTES - ChannelMessage.HEADER_BYTES);
        putGuid(out, channel.device().interfaceId());
        putGuid(out, channel.device().instanceId());
        boolean pipe = channel.device().isMessagePipe();
        int flags = ChannelMessage.ENUMERATE_DEVICE_INTERFACE | (pipe ? ChannelMessage.NAMED_PIPE_MODE : 0);
        out.putLong(0).putLong(0).putShort((short) flags).putShort((short) 0);
        out.putInt(out.position(), pipe ? ChannelMessage.PIPE_MESSAGE_MODE : 0);
        out.position(out.position() + USER_BYTES);
        out.putInt(0).putInt(channel.relid()).put((byte) NO_MONITOR).put((byte) 0);
        return out.putShort((short) DEDICATED_INTERRUPT).putInt(FIRST_EVENT_CONNECTION + channel.relid());
    }

    /** The first three groups are little-endian. */
    private static void putGuid(ByteBuffer out, UUID id) {
        long high = id.getMostSignificantBits();
        out.putInt((int) (high >>> 32)).putShort((short) (high >>> 16)).putShort((short) high);
        out.putLong(Long.reverseBytes(id.getLeastSignificantBits()));
    }

    // ---- GPADLs -----------------------------------------------------------------------------------------------------

    private void gpadlHeader(ByteBuffer in) {
        int relid = in.getInt();
        int id = in.getInt();
        int bytes = Short.toUnsignedInt(in.getShort());
        int ranges = Short.toUnsignedInt(in.getShort());
        if (!channels.containsKey(relid) || id == 0 || gpadls.containsKey(id)) {
            created(relid, id, ChannelMessage.STATUS_INVALID_PARAMETER);
        } else if (gpadls.size() >= MOST_GPADLS) {
            created(relid, id, ChannelMessage.STATUS_INSUFFICIENT_RESOURCES);
        } else {
            Gpadl gpadl = new Gpadl(relid, bytes, ranges);
            gpadls.put(id, gpadl);
            extend(id, gpadl, in);
        }
    }

    private void gpadlBody(ByteBuffer in) {
        in.getInt();
        int id = in.getInt();
        Gpadl gpadl = gpadls.get(id);
        if (gpadl == null || gpadl.isComplete()) {
            mistakes++;
        } else {
            extend(id, gpadl, in);
        }
    }

    private void extend(int id, Gpadl gpadl, ByteBuffer in) {
        gpadl.add(in);
        if (gpadl.isComplete()) {
            boolean good = gpadl.resolve(ports.memory());
            if (!good) {
                gpadls.remove(id);
            }
            created(gpadl.relid(), id, good ? ChannelMessage.STATUS_SUCCESS : ChannelMessage.STATUS_INVALID_PARAMETER);
        }
    }

    private void created(int relid, int id, int status) {
        countFailure(status);
        guest.post(message(ChannelMessage.GPADL_CREATED, 12)
                .putInt(relid)
                .putInt(id)
                .putInt(status));
    }

    private void gpadlTeardown(ByteBuffer in) {
        in.getInt();
        int id = in.getInt();
        if (gpadls.remove(id) == null) {
            mistakes++;
        } else {
            guest.post(message(ChannelMessage.GPADL_TORNDOWN, 4).putInt(id));
        }
    }

    // ---- channels ---------------------------------------------------------------------------------------------------

    private void open(ByteBuffer in) {
        int relid = in.getInt();
        int openId = in.getInt();
        int ring = in.getInt();
        int vpIndex = in.getInt();
        int downstream = in.getInt();
        VmbusChannel channel = channels.get(relid);
        boolean good = channel != null
                && !channel.isOpen()
                && !channel.isRescinded()
                && open(channel, ring, vpIndex, downstream);
        int status = good ? ChannelMessage.STATUS_SUCCESS : ChannelMessage.STATUS_INVALID_PARAMETER;
        countFailure(status);
        guest.post(message(ChannelMessage.OPENCHANNEL_RESULT, 12)
                .putInt(relid)
                .putInt(openId)
                .putInt(status));
    }

    /** Each ring has a page of control and a page of data at least. */
    private boolean open(VmbusChannel channel, int ring, int vpIndex, int downstream) {
        Gpadl gpadl = gpadls.get(ring);
        GuestBuffer pages = gpadl == null || gpadl.relid() != channel.relid() ? null : gpadl.wholePages();
        if (pages == null || !ports.pages().exists(vpIndex)) {
            return false;
        }
        if (downstream < 2 || downstream > pages.pageCount() - 2) {
            return false;
        }
        channel.open(
                new InboundRing(ports.memory(), pages.pages(0, downstream)),
                new OutboundRing(pages.pages(downstream, pages.pageCount())),
                () -> guest.interrupt(vpIndex, channel.relid()));
        ports.connections().addEventHandler(FIRST_EVENT_CONNECTION + channel.relid(), flag -> {
            channel.signalled();
            return HvStatus.HV_STATUS_SUCCESS;
        });
        return true;
    }

    private void modify(ByteBuffer in) {
        int relid = in.getInt();
        int vpIndex = in.getInt();
        VmbusChannel channel = channels.get(relid);
        int status = ChannelMessage.STATUS_INVALID_PARAMETER;
        boolean known = version >= VmbusVersion.WIN10_V4_1 && ports.pages().exists(vpIndex);
        if (known && channel != null && channel.isOpen()) {
            channel.redirect(() -> guest.interrupt(vpIndex, relid));
            status = ChannelMessage.STATUS_SUCCESS;
        }
        countFailure(status);
        if (version >= VmbusVersion.WIN10_V5_3) {
            guest.post(message(ChannelMessage.MODIFYCHANNEL_RESPONSE, 8)
                    .putInt(relid)
                    .putInt(status));
        }
    }

    private void close(int relid) {
        VmbusChannel channel = channels.get(relid);
        if (channel == null || !channel.isOpen() && !channel.isRescinded()) {
            mistakes++;
        } else {
            close(channel);
        }
    }

    private void close(VmbusChannel channel) {
        if (channel.isOpen()) {
            ports.connections().removeEventHandler(FIRST_EVENT_CONNECTION + channel.relid());
            channel.close();
        }
    }

    private void release(int relid) {
        VmbusChannel channel = channels.remove(relid);
        if (channel == null) {
            mistakes++;
            return;
        }
        close(channel);
        gpadls.values().removeIf(gpadl -> gpadl.relid() == relid);
    }

    private void unload() {
        disconnect();
        guest.post(message(ChannelMessage.UNLOAD_RESPONSE, 0));
    }

    private void disconnect() {
        channels.values().forEach(this::close);
        channels.clear();
        gpadls.clear();
        version = 0;
        offered = false;
    }

    private void countFailure(int status) {
        if (status != ChannelMessage.STATUS_SUCCESS) {
            mistakes++;
        }
    }

    private static ByteBuffer message(int type, int bytes) {
        return ByteBuffer.allocate(ChannelMessage.HEADER_BYTES + bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(0);
    }

    // ---- the host's side --------------------------------------------------------------------------------------------

    /** Takes a device away for good, and tells a guest that knows it. */
    public void rescind(VmbusDevice device) {
        for (VmbusChannel channel : all) {
            if (channel.device().equals(device) && !channel.isRescinded()) {
                close(channel);
                channel.rescind();
                if (channels.containsKey(channel.relid())) {
                    guest.post(message(ChannelMessage.RESCIND_CHANNELOFFER, 4).putInt(channel.relid()));
                }
            }
        }
    }

    /** System reset. */
    public void reset() {
        disconnect();
        guest.close();
    }

    /** The version in use, one of {@link VmbusVersion}, or 0 without a connection. */
    public int version() {
        return version;
    }

    /** Channel messages of the guest. */
    public long messagesReceived() {
        return received;
    }

    public long messagesSent() {
        return guest.sent();
    }

    /** Messages of the guest that made no sense or were refused, and answers that it left no room for. */
    public long mistakes() {
        return mistakes + guest.lost();
    }

    /** Of all devices, by relid, since power-on. */
    public List<VmbusChannel.Counters> channels() {
        return all.stream()
                .map(channel -> channel.counters(channels.containsKey(channel.relid())))
                .toList();
    }
}
