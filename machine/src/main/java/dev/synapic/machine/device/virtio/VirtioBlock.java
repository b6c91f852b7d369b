// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.device.virtio;

import dev.synapic.machine.block.BlockStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * virtio-blk: a disk.
 *
 * <ul>
 *   <li>Models: reading, writing, flushing, the serial number, writing zeros; disks that are read-only; several queues.
 *   <li>Spec: Virtio 1.2, 5.2.
 *   <li>Not modelled: discarding, secure erasure, zones, a switch for the write cache; none is offered.
 *   <li>Threading: the machine's thread, which waits for the store. In virtual time every turn of a queue takes 50 us, whatever the host's
 *       disk needs.
 * </ul>
 */
public final class VirtioBlock implements VirtioDevice {
    public static final int MOST_QUEUES = 8;

    private static final int ID = 2;
    private static final int MASS_STORAGE = 0x01_0000;
    private static final long LATENCY_PS = 50_000_000;

    private static final long SEG_MAX = 1L << 2;
    private static final long RO = 1L << 5;
    private static final long BLK_SIZE = 1L << 6;
    private static final long FLUSH = 1L << 9;
    private static final long MQ = 1L << 12;
    private static final long WRITE_ZEROES = 1L << 14;

    /** Requests. */
    private static final int IN = 0;

    private static final int OUT = 1;
    private static final int FLUSH_OUT = 4;
    private static final int GET_ID = 8;
    private static final int WRITE_ZEROES_OUT = 13;

    /** How a request ended. */
    private static final int OK = 0;

    private static final int IOERR = 1;
    private static final int UNSUPP = 2;

    private static final int HEADER_BYTES = 16;
    private static final int ID_BYTES = 20;
    private static final int RANGE_BYTES = 16;
    private static final int CONFIGURATION_BYTES = 60;
    private static final int CHUNK_BYTES = 1 << 16;
    private static final int SECTOR = BlockStore.SECTOR_BYTES;
    /** 32 MiB, so that one request does not hold the machine up. */
    private static final int MOST_ZERO_SECTORS = 1 << 16;
    /** Two descriptors are for header and status. */
    private static final int MOST_SEGMENTS = Virtqueue.MOST_SIZE - 2;

    private static final byte[] ZEROS = new byte[CHUNK_BYTES];

    private final BlockStore store;
    private final byte[] serial;
    private final int queues;
    private final Consumer<String> notices;
    private final byte[] configuration = new byte[CONFIGURATION_BYTES];
    private final byte[] header = new byte[HEADER_BYTES];
    private final byte[] chunk = new byte[CHUNK_BYTES];
    private boolean failed;

    /**
     * A disk with that on it.
     *
     * @param serial at most 20 characters of ASCII
     * @param queues 1 to {@link #MOST_QUEUES}
     * @param notices hears the first failure of the store
     */
    public VirtioBlock(BlockStore store, String serial, int queues, Consumer<String> notices) {
        if (queues < 1 || queues > MOST_QUEUES) {
            throw new IllegalArgumentException("%d queues: 1 to %d".formatted(queues, MOST_QUEUES));
        }
        this.store = store;
        this.serial = Arrays.copyOf(serial.getBytes(StandardCharsets.US_ASCII), ID_BYTES);
        this.queues = queues;
        this.notices = notices;
        LittleEndian.put64(configuration, 0, store.sizeBytes() / SECTOR);
        LittleEndian.put32(configuration, 12, MOST_SEGMENTS);
        LittleEndian.put32(configuration, 20, SECTOR);
        LittleEndian.put16(configuration, 34, queues);
        LittleEndian.put32(configuration, 48, MOST_ZERO_SECTORS);
        LittleEndian.put32(configuration, 52, 1);
    }

    @Override
    public int deviceId() {
        return ID;
    }

    @Override
    public int pciClass() {
        return MASS_STORAGE;
    }

    @Override
    public long features() {
        return SEG_MAX | BLK_SIZE | FLUSH | (queues > 1 ? MQ : 0) | (store.readOnly() ? RO : WRITE_ZEROES);
    }

    @Override
    public int queues() {
        return queues;
    }

    @Override
    public long latencyPs() {
        return LATENCY_PS;
    }

    @Override
    public int readConfiguration(int offset) {
        return offset < CONFIGURATION_BYTES ? configuration[offset] & 0xFF : 0;
    }

    // ---- requests

    @Override
    public void serve(int number, Virtqueue queue) throws RingViolation {
        for (DescriptorChain request = queue.take(); request != null; request = queue.take()) {
            if (request.writableBytes() < 1) {
                throw new RingViolation("a request without room for its status");
            }
            request.read(0, header, 0, HEADER_BYTES);
            int status = execute(request);
            header[0] = (byte) status;
            request.write(request.writableBytes() - 1, header, 0, 1);
            queue.use(request, request.writableBytes());
        }
    }

    private int execute(DescriptorChain request) throws RingViolation {
        int type = LittleEndian.get32(header, 0);
        long sector = LittleEndian.get64(header, 8);
        try {
            return switch (type) {
                case IN -> read(request, sector);
                case OUT -> write(request, sector);
                case FLUSH_OUT -> flush();
                case GET_ID -> identify(request);
                case WRITE_ZEROES_OUT -> writeZeros(request);
                default -> UNSUPP;
            };
        } catch (IOException e) {
            if (!failed) {
                failed = true;
                notices.accept("%s; the guest sees I/O errors".formatted(e.getMessage()));
            }
            return IOERR;
        }
    }

    /** Whether so many bytes from a sector on are on the disk, and whole sectors. */
    private boolean present(long sector, long bytes) {
        long sectors = store.sizeBytes() / SECTOR;
        return bytes % SECTOR == 0 && sector >= 0 && sector <= sectors && bytes / SECTOR <= sectors - sector;
    }

    private int read(DescriptorChain request, long sector) throws RingViolation, IOException {
        long bytes = request.writableBytes() - 1;
        if (!present(sector, bytes)) {
            return IOERR;
        }
        for (long done = 0; done < bytes; ) {
            int part = (int) Math.min(CHUNK_BYTES, bytes - done);
            store.read(sector * SECTOR + done, chunk, 0, part);
            request.write(done, chunk, 0, part);
            done += part;
        }
        return OK;
    }

    private int write(DescriptorChain request, long sector) throws RingViolation, IOException {
        long bytes = request.readableBytes() - HEADER_BYTES;
        if (store.readOnly() || !present(sector, bytes)) {
            return IOERR;
        }
        for (long done = 0; done < bytes; ) {
            int part = (int) Math.min(CHUNK_BYTES, bytes - done);
            request.read(HEADER_BYTES + done, chunk, 0, part);
            store.write(sector * SECTOR + done, chunk, 0, part);
            done += part;
        }
        return OK;
    }

    private int flush() throws IOException {
        store.flush();
        return OK;
    }

    private int identify(DescriptorChain request) throws RingViolation {
        request.write(0, serial, 0, (int) Math.min(ID_BYTES, request.writableBytes() - 1));
        return OK;
    }

    /** One range: sector, number of sectors, flags, of which unmap is a hint. */
    private int writeZeros(DescriptorChain request) throws RingViolation, IOException {
        if (store.readOnly()) {
            return IOERR;
        }
        if (request.readableBytes() != HEADER_BYTES + RANGE_BYTES) {
            return UNSUPP;
        }
        request.read(HEADER_BYTES, header, 0, RANGE_BYTES);
        long sector = LittleEndian.get64(header, 0);
        long sectors = LittleEndian.get32(header, 8) & 0xFFFF_FFFFL;
        if ((LittleEndian.get32(header, 12) & ~1) != 0) {
            return UNSUPP;
        }
        if (sectors > MOST_ZERO_SECTORS || !present(sector, sectors * SECTOR)) {
            return IOERR;
        }
        for (long done = 0; done < sectors * SECTOR; ) {
            int part = (int) Math.min(CHUNK_BYTES, sectors * SECTOR - done);
            store.write(sector * SECTOR + done, ZEROS, 0, part);
            done += part;
        }
        return OK;
    }
}
