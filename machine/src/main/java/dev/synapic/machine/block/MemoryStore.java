// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.block;

import java.util.Arrays;
import java.util.Objects;

/** A disk that is gone with the process. Memory is taken where something is written. */
public final class MemoryStore implements BlockStore {
    private static final int CHUNK_BYTES = 1 << 20;
    private static final byte[] NOTHING = {};

    private final long sizeBytes;
    private final boolean readOnly;
    private final byte[][] chunks;

    /** An empty disk: zeros. */
    public MemoryStore(long sizeBytes) {
        this(sizeBytes, false);
    }

    private MemoryStore(long sizeBytes, boolean readOnly) {
        if (sizeBytes < 0 || sizeBytes % SECTOR_BYTES != 0) {
            throw new IllegalArgumentException("a disk of %d bytes is no whole number of sectors".formatted(sizeBytes));
        }
        this.sizeBytes = sizeBytes;
        this.readOnly = readOnly;
        this.chunks = new byte[Math.toIntExact((sizeBytes + CHUNK_BYTES - 1) / CHUNK_BYTES)][];
        Arrays.fill(chunks, NOTHING);
    }

    /** A disk with that on it; a last sector that is not full is filled with zeros. */
    public static MemoryStore of(byte[] content, boolean readOnly) {
        long sectors = (content.length + SECTOR_BYTES - 1L) / SECTOR_BYTES;
        MemoryStore store = new MemoryStore(sectors * SECTOR_BYTES, readOnly);
        store.put(0, content, 0, content.length);
        return store;
    }

    @Override
    public long sizeBytes() {
        return sizeBytes;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, byte[] into, int at, int length) {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        for (int done = 0; done < length; ) {
            byte[] chunk = chunks[(int) ((offset + done) / CHUNK_BYTES)];
            int within = (int) ((offset + done) % CHUNK_BYTES);
            int part = Math.min(length - done, CHUNK_BYTES - within);
            if (chunk.length == 0) {
                Arrays.fill(into, at + done, at + done + part, (byte) 0);
            } else {
                System.arraycopy(chunk, within, into, at + done, part);
            }
            done += part;
        }
    }

    @Override
    public void write(long offset, byte[] from, int at, int length) {
        if (readOnly) {
            throw new IllegalStateException("the disk is read-only");
        }
        put(offset, from, at, length);
    }

    private void put(long offset, byte[] from, int at, int length) {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        for (int done = 0; done < length; ) {
            int index = (int) ((offset + done) / CHUNK_BYTES);
            int within = (int) ((offset + done) % CHUNK_BYTES);
            int part = Math.min(length - done, CHUNK_BYTES - within);
            if (chunks[index].length == 0) {
                chunks[index] = new byte[CHUNK_BYTES];
            }
            System.arraycopy(from, at + done, chunks[index], within, part);
            done += part;
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
