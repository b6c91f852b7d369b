// SPDX-License-Identifier: Apache-2.0
package dev.synapic.machine.block;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A disk in a raw image file.
 *
 * <p>The file is locked while it is open, against writers by a reader and against all by a writer. A file that vanishes, is replaced or
 * becomes shorter while it is open is an error of the next access: what would be written to it is lost.
 */
public final class FileStore implements BlockStore {
    private final Path path;
    private final FileChannel channel;
    private final boolean readOnly;
    private final long sizeBytes;
    private final @Nullable Object identity;

    private FileStore(Path path, FileChannel channel, boolean readOnly) throws IOException {
        this.path = path;
        this.channel = channel;
        this.readOnly = readOnly;
        this.sizeBytes = channel.size();
        this.identity = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }

    /** Opens an image; the exception's message is one line for the user. */
    public static FileStore open(Path path, boolean readOnly) throws IOException {
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            throw new IOException("%s: not a file: a disk is a raw image".formatted(path));
        }
        FileChannel channel = channel(path, readOnly);
        try {
            lock(path, channel, readOnly);
            FileStore store = new FileStore(path, channel, readOnly);
            if (store.sizeBytes == 0 || store.sizeBytes % SECTOR_BYTES != 0) {
                throw new IOException("%s: %d bytes are no whole number of sectors of %d bytes: is it a raw image?"
                        .formatted(path, store.sizeBytes, SECTOR_BYTES));
            }
            return store;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private static FileChannel channel(Path path, boolean readOnly) throws IOException {
        Set<OpenOption> how =
                readOnly ? Set.of(StandardOpenOption.READ) : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            return FileChannel.open(path, how);
        } catch (NoSuchFileException e) {
            throw new IOException("%s: no such file".formatted(path), e);
        } catch (AccessDeniedException e) {
            throw new IOException(
                    "%s: no permission to %s it%s"
                            .formatted(path, readOnly ? "read" : "write", readOnly ? "" : ": readonly=on only reads"),
                    e);
        }
    }

    /** The lock goes with the channel. */
    private static void lock(Path path, FileChannel channel, boolean shared) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock(0, Long.MAX_VALUE, shared);
        } catch (OverlappingFileLockException e) {
            throw new IOException("%s: is a disk of this machine already".formatted(path), e);
        }
        if (lock == null) {
            throw new IOException("%s: in use by another process".formatted(path));
        }
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
    public void read(long offset, byte[] into, int at, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        checkPresent();
        ByteBuffer buffer = ByteBuffer.wrap(into, at, length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, offset + buffer.position() - at) < 0) {
                throw shorter();
            }
        }
    }

    @Override
    public void write(long offset, byte[] from, int at, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, sizeBytes);
        checkPresent();
        ByteBuffer buffer = ByteBuffer.wrap(from, at, length);
        while (buffer.hasRemaining()) {
            channel.write(buffer, offset + buffer.position() - at);
        }
    }

    @Override
    public void flush() throws IOException {
        checkPresent();
        if (!readOnly) {
            channel.force(false);
        }
    }

    /** An open file outlives its name, but nobody would find it again. */
    private void checkPresent() throws IOException {
        BasicFileAttributes now;
        try {
            now = Files.readAttributes(path, BasicFileAttributes.class);
        } catch (NoSuchFileException e) {
            throw new IOException("%s: the file has vanished".formatted(path), e);
        }
        if (!Objects.equals(now.fileKey(), identity)) {
            throw new IOException("%s: another file has taken its place".formatted(path));
        }
        if (now.size() < sizeBytes) {
            throw shorter();
        }
    }

    private IOException shorter() {
        return new IOException("%s: the file has become shorter than its %d bytes".formatted(path, sizeBytes));
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
