// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import dev.synapic.spec.scsi.ScsiOpcode;
import dev.synapic.spec.scsi.SenseCode;
import dev.synapic.spec.vmbus.RingLayout;
import dev.synapic.spec.vmbus.VstorPacket;
import dev.synapic.vmbus.GuestBuffer;
import dev.synapic.vmbus.VmbusChannel;
import dev.synapic.vmbus.VmbusDevice;
import dev.synapic.vmbus.VmbusPacket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * StorVSC: a SCSI controller, with disks as logical units 0, 1... of path 0 and target 0.
 *
 * <ul>
 *   <li>Models: protocol versions 2.0 (Windows Vista) to 6.2 (Windows 10), initialization in its order, commands with or
 *       without memory for data, resets.
 *   <li>Spec: Linux, drivers/scsi/storvsc_drv.c, for the driver's side; OpenVMM's storvsp for the order of initialization,
 *       what is said of units that are not there, and the NTSTATUS values.
 *   <li>Not modelled: sub-channels, of which none are offered; Fibre Channel; adding and removing disks while it runs. The
 *       time that a disk needs: a command ends when the channel gets to it. So there is nothing that a reset could stop.
 *   <li>Threading: the machine's thread.
 * </ul>
 */
public final class StorVscDevice implements VmbusDevice {
    /** As Hyper-V's controllers have it. */
    public static final int MOST_DISKS = 64;

    /** As Hyper-V's. */
    static final int MOST_TRANSFER_BYTES = 256 << 10;

    private static final UUID SCSI_CONTROLLER = UUID.fromString("ba6163d9-04a1-4d29-b605-72e2ffb1dc7f");
    private static final int LUN_LIST_HEADER_BYTES = 8;
    private static final int LUN_BYTES = 8;
    private static final int WELL_KNOWN_UNITS_ONLY = 1;
    private static final int ALL_UNITS = 2;

    /** What the driver has to do next. */
    private enum Stage {
        BEGIN_INITIALIZATION,
        QUERY_PROTOCOL_VERSION,
        QUERY_PROPERTIES,
        END_INITIALIZATION,
        READY
    }

    private final UUID instanceId;
    private final List<ScsiDisk> disks;
    private final ScsiTask task = new ScsiTask();
    private final byte[] packet = new byte[VstorPacket.BYTES];
    private final ByteBuffer answer = ByteBuffer.wrap(packet).order(ByteOrder.LITTLE_ENDIAN);
    private Stage stage = Stage.BEGIN_INITIALIZATION;
    private long mistakes;

    /** Up to {@link #MOST_DISKS} disks. */
    public StorVscDevice(UUID instanceId, List<ScsiDisk> disks) {
        if (disks.size() > MOST_DISKS) {
            throw new IllegalArgumentException("%d disks: at most %d".formatted(disks.size(), MOST_DISKS));
        }
        this.instanceId = instanceId;
        this.disks = List.copyOf(disks);
    }

    @Override
    public String name() {
        return "scsi";
    }

    @Override
    public UUID interfaceId() {
        return SCSI_CONTROLLER;
    }

    @Override
    public UUID instanceId() {
        return instanceId;
    }

    @Override
    public void opened(VmbusChannel channel) {
        stage = Stage.BEGIN_INITIALIZATION;
    }

    @Override
    public void closed() {
        stage = Stage.BEGIN_INITIALIZATION;
        disks.forEach(ScsiDisk::reset);
    }

    /** Packets of the driver that made no sense or came out of turn. */
    public long mistakes() {
        return mistakes;
    }

    /** An answer is as long as its question: Windows compares. */
    @Override
    public void received(VmbusChannel channel, VmbusPacket request) {
        boolean data = request.type() == RingLayout.PACKET_DATA_INBAND
                || request.type() == RingLayout.PACKET_DATA_USING_GPA_DIRECT;
        if (!data || !request.wantsCompletion()) {
            mistakes++;
            return;
        }
        ByteBuffer in = request.payload();
        int bytes = Math.clamp(in.remaining(), VstorPacket.OLD_BYTES, VstorPacket.BYTES);
        Arrays.fill(packet, (byte) 0);
        int status = in.remaining() < VstorPacket.OLD_BYTES
                ? VstorPacket.STATUS_INVALID_PARAMETER
                : serve(in.getInt(VstorPacket.OPERATION), in, request.buffers());
        answer.putInt(VstorPacket.OPERATION, VstorPacket.COMPLETE_IO);
        answer.putInt(VstorPacket.FLAGS, 0);
        answer.putInt(VstorPacket.STATUS, status);
        channel.complete(request.transactionId(), bytes == packet.length ? packet : Arrays.copyOf(packet, bytes));
    }

    private int serve(int operation, ByteBuffer in, @Nullable List<GuestBuffer> buffers) {
        int status = stage == Stage.READY ? serveReady(operation, in, buffers) : initialize(operation, in);
        if (status == VstorPacket.STATUS_INVALID_DEVICE_STATE || status == VstorPacket.STATUS_INVALID_PARAMETER) {
            mistakes++;
        }
        return status;
    }

    // ---- initialization
    // -----------------------------------------------------------------------------------------------

    private int initialize(int operation, ByteBuffer in) {
        if (operation == VstorPacket.FCHBA_DATA) {
            return VstorPacket.STATUS_INVALID_DEVICE_REQUEST;
        }
        if (operation != expected()) {
            return VstorPacket.STATUS_INVALID_DEVICE_STATE;
        }
        switch (stage) {
            case BEGIN_INITIALIZATION -> stage = Stage.QUERY_PROTOCOL_VERSION;
            case QUERY_PROTOCOL_VERSION -> {
                return queryVersion(in.getShort(VstorPacket.VERSION));
            }
            case QUERY_PROPERTIES -> {
                answer.putInt(VstorPacket.MOST_TRANSFER_BYTES, MOST_TRANSFER_BYTES);
                stage = Stage.END_INITIALIZATION;
            }
            case END_INITIALIZATION, READY -> stage = Stage.READY;
        }
        return VstorPacket.STATUS_SUCCESS;
    }

    private int expected() {
        return switch (stage) {
            case BEGIN_INITIALIZATION -> VstorPacket.BEGIN_INITIALIZATION;
            case QUERY_PROTOCOL_VERSION -> VstorPacket.QUERY_PROTOCOL_VERSION;
            case QUERY_PROPERTIES -> VstorPacket.QUERY_PROPERTIES;
            case END_INITIALIZATION, READY -> VstorPacket.END_INITIALIZATION;
        };
    }

    /** The driver may ask again with another version. */
    private int queryVersion(short version) {
        answer.putShort(VstorPacket.VERSION, version);
        return switch (version) {
            case VstorPacket.VERSION_WIN6,
                    VstorPacket.VERSION_WIN7,
                    VstorPacket.VERSION_WIN8,
                    VstorPacket.VERSION_WIN8_1,
                    VstorPacket.VERSION_WIN10 -> {
                stage = Stage.QUERY_PROPERTIES;
                yield VstorPacket.STATUS_SUCCESS;
            }
            default -> VstorPacket.STATUS_REVISION_MISMATCH;
        };
    }

    // ---- work
    // ---------------------------------------------------------------------------------------------------------

    private int serveReady(int operation, ByteBuffer in, @Nullable List<GuestBuffer> buffers) {
        return switch (operation) {
            case VstorPacket.EXECUTE_SRB -> execute(in, buffers);
            case VstorPacket.RESET_LUN, VstorPacket.RESET_ADAPTER, VstorPacket.RESET_BUS -> VstorPacket.STATUS_SUCCESS;
            case VstorPacket.CREATE_SUB_CHANNELS ->
                in.getShort(VstorPacket.SUB_CHANNELS) == 0
                        ? VstorPacket.STATUS_SUCCESS
                        : VstorPacket.STATUS_INVALID_PARAMETER;
            case VstorPacket.FCHBA_DATA -> VstorPacket.STATUS_INVALID_DEVICE_REQUEST;
            default -> VstorPacket.STATUS_INVALID_DEVICE_STATE;
        };
    }

    private int execute(ByteBuffer in, @Nullable List<GuestBuffer> buffers) {
        in.get(0, packet, 0, Math.min(in.remaining(), packet.length));
        GuestBuffer memory = buffers == null || buffers.isEmpty() ? null : buffers.getFirst();
        long room = memory == null ? 0 : memory.length();
        long bytes = Integer.toUnsignedLong(in.getInt(VstorPacket.SRB_DATA_LENGTH));
        int commandBytes = Byte.toUnsignedInt(in.get(VstorPacket.SRB_CDB_LENGTH));
        boolean good = buffers != null
                && buffers.size() <= 1
                && bytes <= room
                && commandBytes >= 1
                && commandBytes <= VstorPacket.MOST_CDB_BYTES;
        if (!good) {
            return end(VstorPacket.SRB_INVALID_REQUEST, 0, VstorPacket.STATUS_INVALID_PARAMETER);
        }
        task.start(in.slice(VstorPacket.SRB_CDB, commandBytes), memory, (int) bytes);
        if (!dispatch(in)) {
            return end(VstorPacket.SRB_INVALID_LUN, 0, VstorPacket.STATUS_DEVICE_DOES_NOT_EXIST);
        }
        if (task.isGood()) {
            return end(VstorPacket.SRB_SUCCESS, task.transferred(), VstorPacket.STATUS_SUCCESS);
        }
        answer.put(VstorPacket.SRB_CDB, task.sense());
        answer.put(VstorPacket.SRB_SENSE_LENGTH, (byte) task.sense().length);
        return end(VstorPacket.SRB_ERROR | VstorPacket.SRB_AUTOSENSE_VALID, 0, VstorPacket.STATUS_IO_DEVICE_ERROR);
    }

    private int end(int srbStatus, int transferred, int status) {
        answer.put(VstorPacket.SRB_STATUS, (byte) srbStatus);
        answer.put(VstorPacket.SRB_SCSI_STATUS, (byte)
                ((srbStatus & VstorPacket.SRB_AUTOSENSE_VALID) != 0 ? task.status() : 0));
        answer.putInt(VstorPacket.SRB_DATA_LENGTH, transferred);
        return status;
    }

    /** False where no unit has that address, and the command is none that the controller answers for it. */
    private boolean dispatch(ByteBuffer in) {
        boolean target = in.get(VstorPacket.SRB_PATH) == 0 && in.get(VstorPacket.SRB_TARGET) == 0;
        int lun = Byte.toUnsignedInt(in.get(VstorPacket.SRB_LUN));
        if (task.opcode() == ScsiOpcode.REPORT_LUNS) {
            reportLuns(target ? disks.size() : 0);
        } else if (target && lun < disks.size()) {
            disks.get(lun).execute(task);
        } else if (task.opcode() == ScsiOpcode.INQUIRY) {
            ScsiInquiry.executeAbsent(task);
        } else {
            return false;
        }
        return true;
    }

    /** SPC-4, 6.33. */
    private void reportLuns(int units) {
        int which = task.get8(2);
        long allocated = task.get32(6);
        if (which > ALL_UNITS || allocated < LUN_LIST_HEADER_BYTES + LUN_BYTES) {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
            return;
        }
        int count = which == WELL_KNOWN_UNITS_ONLY ? 0 : units;
        ByteBuffer list = ByteBuffer.allocate(LUN_LIST_HEADER_BYTES + count * LUN_BYTES);
        list.putInt(count * LUN_BYTES).putInt(0);
        for (int lun = 0; lun < count; lun++) {
            list.putLong((long) lun << 48);
        }
        task.answer(list.array(), list.capacity(), allocated);
    }
}
