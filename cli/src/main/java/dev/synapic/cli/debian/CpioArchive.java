// SPDX-License-Identifier: Apache-2.0
package dev.synapic.cli.debian;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Writes an initial RAM disk: a cpio archive in the "newc" format. Directories come before what is in them, as the kernel wants it. The same
 * entries give the same bytes: all times are zero, all owners root.
 *
 * <p>Spec: Linux, Documentation/driver-api/early-userspace/buffer-format.rst. Threading: one thread.
 */
public final class CpioArchive {
    private static final String MAGIC = "070701";
    private static final String TRAILER = "TRAILER!!!";
    private static final int ALIGNMENT = 4;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;
    private static final int LINK = 0120000;
    private static final int CHARACTER_DEVICE = 0020000;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Set<String> directories = new LinkedHashSet<>();
    private int inode;

    public CpioArchive() {}

    /** A directory and those above it; paths have no slash in front. */
    public CpioArchive directory(String path) {
        addParents(path);
        if (directories.add(path)) {
            entry(path, DIRECTORY | 0755, new byte[0], 0, 0);
        }
        return this;
    }

    /** A file; permissions as in chmod, 0 to 07777. */
    public CpioArchive file(String path, int permissions, byte[] content) {
        addParents(path);
        entry(path, REGULAR | permissions, content, 0, 0);
        return this;
    }

    /** A symbolic link. */
    public CpioArchive link(String path, String target) {
        addParents(path);
        entry(path, LINK | 0777, target.getBytes(StandardCharsets.UTF_8), 0, 0);
        return this;
    }

    public CpioArchive characterDevice(String path, int permissions, int major, int minor) {
        addParents(path);
        entry(path, CHARACTER_DEVICE | permissions, new byte[0], major, minor);
        return this;
    }

    /** The whole archive, a multiple of four bytes, so that another may follow it. Nothing can be added afterwards. */
    public byte[] finish() {
        inode = -1;
        entry(TRAILER, 0, new byte[0], 0, 0);
        return bytes.toByteArray();
    }

    private void addParents(String path) {
        int slash = path.lastIndexOf('/');
        if (slash > 0) {
            directory(path.substring(0, slash));
        }
    }

    private void entry(String path, int mode, byte[] content, int major, int minor) {
        byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
        inode++;
        int links = (mode & DIRECTORY) == DIRECTORY && (mode & REGULAR) == 0 ? 2 : 1;
        int[] fields = {inode, mode, 0, 0, links, 0, content.length, 0, 0, major, minor, name.length, 0};
        bytes.writeBytes(MAGIC.getBytes(StandardCharsets.US_ASCII));
        for (int field : fields) {
            bytes.writeBytes("%08x".formatted(field).getBytes(StandardCharsets.US_ASCII));
        }
        bytes.writeBytes(name);
        pad();
        bytes.writeBytes(content);
        pad();
    }

    private void pad() {
        while (bytes.size() % ALIGNMENT != 0) {
            bytes.write(0);
        }
    }
}
