// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.block;

import java.io.IOException;

/**
 * What is on a disk. Whoever opened a store closes it; machines only use it.
 *
 * <p>Offsets and lengths are in bytes, within the size; a range that is not is the caller's mistake. Threading: one thread.
 */
public interface BlockStore extends AutoCloseable {
    /** Sizes are multiples of it. */
    int SECTOR_BYTES = 512;

    /** A multiple of {@link #SECTOR_BYTES}; it never changes. */
    long sizeBytes();

    boolean readOnly();

    /** Reads length bytes from offset on; the exception's message is for the user. */
    void read(long offset, byte[] into, int at, int length) throws IOException;

    /** Writes them; not to a store that is read-only. */
    void write(long offset, byte[] from, int at, int length) throws IOException;

    /** What was written before survives the end of the process, and of the host. */
    void flush() throws IOException;

    @Override
    void close();
}
