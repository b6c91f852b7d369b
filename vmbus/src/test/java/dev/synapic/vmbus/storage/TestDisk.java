// SPDX-License-Identifier: Apache-2.0
package dev.synapic.vmbus.storage;

import java.io.IOException;
import java.util.Objects;

/** A disk in memory that can fail, and counts flushes. */
final class TestDisk implements Disk {
    final byte[] content;
    boolean readOnly;
    boolean failing;
    int flushes;

    TestDisk(int blocks) {
        content = new byte[blocks * BLOCK_BYTES];
    }

    @Override
    public long sizeBytes() {
        return content.length;
    }

    @Override
    public boolean readOnly() {
        return readOnly;
    }

    @Override
    public void read(long offset, byte[] into, int at, int length) throws IOException {
        check(offset, length);
        System.arraycopy(content, (int) offset, into, at, length);
    }

    @Override
    public void write(long offset, byte[] from, int at, int length) throws IOException {
        if (readOnly) {
            throw new IllegalStateException("a write to a disk that is read-only");
        }
        check(offset, length);
        System.arraycopy(from, at, content, (int) offset, length);
    }

    @Override
    public void flush() throws IOException {
        check(0, 0);
        flushes++;
    }

    private void check(long offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, content.length);
        if (failing) {
            throw new IOException("the disk is gone");
        }
    }
}
