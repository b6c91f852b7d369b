// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine;

import dev.synapic.machine.block.BlockStore;
import dev.synapic.vmbus.storage.Disk;
import java.io.IOException;
import java.util.function.Consumer;

/** A store as a SCSI disk knows it. The first failure is told to the user, too. */
final class StoreDisk implements Disk {
    private final BlockStore store;
    private final Consumer<String> notices;
    private boolean failed;

    StoreDisk(BlockStore store, Consumer<String> notices) {
        this.store = store;
        this.notices = notices;
    }

    @Override
    public long sizeBytes() {
        return store.sizeBytes();
    }

    @Override
    public boolean readOnly() {
        return store.readOnly();
    }

    @Override
    public void read(long offset, byte[] into, int at, int length) throws IOException {
        try {
            store.read(offset, into, at, length);
        } catch (IOException e) {
            throw told(e);
        }
    }

    @Override
    public void write(long offset, byte[] from, int at, int length) throws IOException {
        try {
            store.write(offset, from, at, length);
        } catch (IOException e) {
            throw told(e);
        }
    }

    @Override
    public void flush() throws IOException {
        try {
            store.flush();
        } catch (IOException e) {
            throw told(e);
        }
    }

    private IOException told(IOException failure) {
        if (!failed) {
            failed = true;
            notices.accept("%s; the guest sees I/O errors".formatted(failure.getMessage()));
        }
        return failure;
    }
}
