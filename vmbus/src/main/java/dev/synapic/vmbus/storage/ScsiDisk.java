// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import dev.synapic.spec.scsi.ScsiOpcode;
import dev.synapic.spec.scsi.SenseCode;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A disk that understands SCSI.
 *
 * <ul>
 *   <li>Models: reading, writing with FUA, one block written to many places, flushing, starting and stopping, inquiry with
 *       vital product data, capacity, mode pages. A command that names more data than the guest gives memory for is refused
 *       whole.
 *   <li>Spec: SPC-4 and SBC-3.
 *   <li>Not modelled: unmapping, verifying, protection information, reservations, unit attentions, block descriptors, mode
 *       select.
 *   <li>Threading: the machine's thread, which waits for the disk.
 * </ul>
 */
public final class ScsiDisk {
    /** Blocks that one command writes the same to, so that it does not hold the machine up. */
    static final int MOST_SAME_BLOCKS = 1 << 16;

    private static final int BLOCK = Disk.BLOCK_BYTES;
    private static final int CHUNK_BYTES = 1 << 16;
    private static final int PROTECT = 0xE0;
    private static final int FUA = 0x08;
    private static final int DESCRIPTOR_FORMAT = 0x01;
    private static final int START = 0x01;
    private static final int NO_FLUSH = 0x04;
    private static final long MOST_LAST_LBA_10 = 0xFFFF_FFFFL;

    private final Disk disk;
    private final ScsiInquiry inquiry;
    private final ModePages modePages;
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private final long blocks;
    private boolean stopped;

    /**
     * A disk with that on it.
     *
     * @param serial at most 20 characters of ASCII; empty for none
     * @param number tells disks without a serial number apart
     */
    public ScsiDisk(Disk disk, String serial, int number) {
        this.disk = disk;
        this.blocks = disk.sizeBytes() / BLOCK;
        this.inquiry = new ScsiInquiry(serial, number);
        this.modePages = new ModePages(disk.readOnly());
    }

    /** As after power-on. */
    void reset() {
        stopped = false;
    }

    void execute(ScsiTask task) {
        switch (task.opcode()) {
            case ScsiOpcode.TEST_UNIT_READY -> isReady(task);
            case ScsiOpcode.REQUEST_SENSE -> requestSense(task);
            case ScsiOpcode.INQUIRY -> inquiry.execute(task);
            case ScsiOpcode.MODE_SENSE_6 -> modePages.sense6(task);
            case ScsiOpcode.MODE_SENSE_10 -> modePages.sense10(task);
            case ScsiOpcode.START_STOP_UNIT -> startStop(task);
            case ScsiOpcode.READ_CAPACITY_10 -> capacity10(task);
            case ScsiOpcode.SERVICE_ACTION_IN_16 -> serviceActionIn(task);
            case ScsiOpcode.READ_6 -> read(task, lba6(task), blocks6(task), 0);
            case ScsiOpcode.READ_10 -> read(task, task.get32(2), task.get16(7), task.get8(1));
            case ScsiOpcode.READ_16 -> read(task, task.get64(2), task.get32(10), task.get8(1));
            case ScsiOpcode.WRITE_6 -> write(task, lba6(task), blocks6(task), 0);
            case ScsiOpcode.WRITE_10 -> write(task, task.get32(2), task.get16(7), task.get8(1));
            case ScsiOpcode.WRITE_16 -> write(task, task.get64(2), task.get32(10), task.get8(1));
            case ScsiOpcode.WRITE_SAME_10 -> writeSame(task, task.get32(2), task.get16(7));
            case ScsiOpcode.WRITE_SAME_16 -> writeSame(task, task.get64(2), task.get32(10));
            case ScsiOpcode.SYNCHRONIZE_CACHE_10 -> synchronizeCache(task, task.get32(2), task.get16(7));
            case ScsiOpcode.SYNCHRONIZE_CACHE_16 -> synchronizeCache(task, task.get64(2), task.get32(10));
            default -> task.fail(SenseCode.INVALID_OPERATION_CODE);
        }
    }

    /** 21 bits. */
    private static long lba6(ScsiTask task) {
        return (task.get8(1) & 0x1FL) << 16 | task.get16(2);
    }

    /** SBC-3, 5.10: 0 is 256 blocks. */
    private static int blocks6(ScsiTask task) {
        return task.get8(4) == 0 ? 256 : task.get8(4);
    }

    // ---- what may be done
    // ---------------------------------------------------------------------------------------------

    private boolean isReady(ScsiTask task) {
        if (stopped) {
            task.fail(SenseCode.NOT_READY_START_REQUIRED);
        }
        return !stopped;
    }

    /** SBC-3, 4.5: no blocks at the end of the disk are within it. */
    private boolean isPresent(ScsiTask task, long lba, long count) {
        boolean present = lba >= 0 && lba <= blocks && count <= blocks - lba;
        if (!present) {
            task.fail(SenseCode.LBA_OUT_OF_RANGE);
        }
        return present;
    }

    /** False, and the task has failed, where these blocks cannot be read or written. */
    private boolean admits(ScsiTask task, long lba, long count, int flags) {
        if (!isReady(task)) {
            return false;
        }
        if ((flags & PROTECT) != 0) {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
            return false;
        }
        if (!isPresent(task, lba, count)) {
            return false;
        }
        if (count * BLOCK > task.room()) {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
            return false;
        }
        return true;
    }

    private boolean isWritable(ScsiTask task) {
        if (disk.readOnly()) {
            task.fail(SenseCode.WRITE_PROTECTED);
        }
        return !disk.readOnly();
    }

    // ---- blocks
    // -------------------------------------------------------------------------------------------------------

    private void read(ScsiTask task, long lba, long count, int flags) {
        if (!admits(task, lba, count, flags)) {
            return;
        }
        int bytes = (int) count * BLOCK;
        try {
            for (int done = 0; done < bytes; done += CHUNK_BYTES) {
                int part = Math.min(CHUNK_BYTES, bytes - done);
                disk.read(lba * BLOCK + done, chunk, 0, part);
                task.toGuest(done, chunk, 0, part);
            }
            task.good(bytes);
        } catch (IOException e) {
            task.fail(SenseCode.UNRECOVERED_READ_ERROR);
        }
    }

    private void write(ScsiTask task, long lba, long count, int flags) {
        if (!admits(task, lba, count, flags) || !isWritable(task)) {
            return;
        }
        int bytes = (int) count * BLOCK;
        try {
            for (int done = 0; done < bytes; done += CHUNK_BYTES) {
                int part = Math.min(CHUNK_BYTES, bytes - done);
                task.fromGuest(done, chunk, 0, part);
                disk.write(lba * BLOCK + done, chunk, 0, part);
            }
            if ((flags & FUA) != 0) {
                disk.flush();
            }
            task.good(bytes);
        } catch (IOException e) {
            task.fail(SenseCode.WRITE_ERROR);
        }
    }

    /** SBC-3, 5.42 and 5.43, without their flags: one block of data for all of them. */
    private void writeSame(ScsiTask task, long lba, long count) {
        boolean plain = task.get8(1) == 0 && count >= 1 && count <= MOST_SAME_BLOCKS && task.room() >= BLOCK;
        if (!isReady(task)) {
            return;
        }
        if (!plain) {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
            return;
        }
        if (!isPresent(task, lba, count) || !isWritable(task)) {
            return;
        }
        long bytes = count * BLOCK;
        int copies = (int) Math.min(CHUNK_BYTES, bytes);
        for (int at = 0; at < copies; at += BLOCK) {
            task.fromGuest(0, chunk, at, BLOCK);
        }
        try {
            for (long done = 0; done < bytes; done += CHUNK_BYTES) {
                disk.write(lba * BLOCK + done, chunk, 0, (int) Math.min(CHUNK_BYTES, bytes - done));
            }
            task.good(BLOCK);
        } catch (IOException e) {
            task.fail(SenseCode.WRITE_ERROR);
        }
    }

    /** All of the cache, whatever blocks are named. */
    private void synchronizeCache(ScsiTask task, long lba, long count) {
        if (isReady(task) && isPresent(task, lba, count)) {
            flush(task);
        }
    }

    private void flush(ScsiTask task) {
        try {
            disk.flush();
        } catch (IOException e) {
            task.fail(SenseCode.WRITE_ERROR);
        }
    }

    // ---- the unit
    // -----------------------------------------------------------------------------------------------------

    /** SPC-4, 6.39: what hinders the unit; why a command failed came with that command. */
    private void requestSense(ScsiTask task) {
        if ((task.get8(1) & DESCRIPTOR_FORMAT) != 0) {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
            return;
        }
        byte[] sense = new byte[SenseCode.FIXED_BYTES];
        ScsiTask.putSense(sense, stopped ? SenseCode.NOT_READY_START_REQUIRED : SenseCode.NO_SENSE);
        task.answer(sense, sense.length, task.get8(4));
    }

    /** SBC-3, 5.25. There is no medium to load, and there are no power conditions. */
    private void startStop(ScsiTask task) {
        int how = task.get8(4);
        if ((how & ~(START | NO_FLUSH)) != 0) {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
            return;
        }
        if ((how & (START | NO_FLUSH)) == 0) {
            flush(task);
        }
        if (task.isGood()) {
            stopped = (how & START) == 0;
        }
    }

    /** SBC-3, 5.15: all ones tell that the 16-byte command is needed. */
    private void capacity10(ScsiTask task) {
        if (isReady(task)) {
            ByteBuffer data = ByteBuffer.allocate(8);
            data.putInt((int) Math.min(blocks - 1, MOST_LAST_LBA_10)).putInt(BLOCK);
            task.answer(data.array(), data.capacity(), data.capacity());
        }
    }

    private void serviceActionIn(ScsiTask task) {
        if ((task.get8(1) & 0x1F) != ScsiOpcode.READ_CAPACITY_16) {
            task.fail(SenseCode.INVALID_FIELD_IN_CDB);
        } else if (isReady(task)) {
            ByteBuffer data = ByteBuffer.allocate(32);
            data.putLong(blocks - 1).putInt(BLOCK);
            task.answer(data.array(), data.capacity(), task.get32(10));
        }
    }
}
