// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import java.io.IOException;

/**
 * What is on a disk. Offsets and lengths are in bytes, whole blocks, and within the size. All calls come on the machine's
 * thread; an exception is a medium that failed.
 */
public interface Disk {
    int BLOCK_BYTES = 512;

    /** A multiple of {@link #BLOCK_BYTES}, above 0; it never changes. */
    long sizeBytes();

    boolean readOnly();

    void read(long offset, byte[] into, int at, int length) throws IOException;

    /** Not to a disk that is read-only. */
    void write(long offset, byte[] from, int at, int length) throws IOException;

    /** What was written before outlives the host's loss of power. */
    void flush() throws IOException;
}
