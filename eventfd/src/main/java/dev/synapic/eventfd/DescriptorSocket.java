// SPDX-License-Identifier: Apache-2.0
package dev.synapic.eventfd;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A Unix socket that hands descriptors to another process, as device back ends get their eventfds.
 *
 * <ul>
 *   <li>Spec: unix(7), SCM_RIGHTS: a message of one byte with one descriptor.
 *   <li>Threading: one thread at a time.
 * </ul>
 */
@SuppressWarnings("restricted") // the Foreign Function API is what this module is for
public final class DescriptorSocket implements AutoCloseable {
    private static final int AF_UNIX = 1, SOCK_STREAM = 1, SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1, SCM_RIGHTS = 1;
    private static final int MSG_NOSIGNAL = 0x4000, MSG_CMSG_CLOEXEC = 0x4000_0000;
    /** struct sockaddr_un. */
    private static final int ADDRESS_SIZE = 110, PATH = 2;
    /** struct msghdr. */
    private static final int HEADER_SIZE = 56, IOV = 16, IOV_COUNT = 24, CONTROL = 32, CONTROL_LENGTH = 40;
    /** struct cmsghdr with an int. */
    private static final int RIGHTS_SPACE = 24, RIGHTS_LENGTH = 20, LEVEL = 8, TYPE = 12, DESCRIPTOR = 16;

    private final int socket;

    private DescriptorSocket(int socket) {
        this.socket = socket;
    }

    /** Waits at a path for others to connect; the file is the caller's to remove. */
    public static DescriptorSocket listen(Path path) throws IOException {
        DescriptorSocket socket = open();
        try (Arena arena = Arena.ofConfined()) {
            Libc.bind(socket.socket, address(arena, path));
            Libc.listen(socket.socket, 1);
        }
        return socket;
    }

    /** Connects to one that waits at a path. */
    public static DescriptorSocket connect(Path path) throws IOException {
        DescriptorSocket socket = open();
        try (Arena arena = Arena.ofConfined()) {
            Libc.connect(socket.socket, address(arena, path));
        }
        return socket;
    }

    private static DescriptorSocket open() throws IOException {
        return new DescriptorSocket(Libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    }

    private static MemorySegment address(Arena arena, Path path) throws IOException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length >= ADDRESS_SIZE - PATH) {
            throw new IOException(path + ": a socket's path has at most " + (ADDRESS_SIZE - PATH - 1) + " bytes");
        }
        MemorySegment address = arena.allocate(ADDRESS_SIZE, Short.BYTES);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(name, 0, address, ValueLayout.JAVA_BYTE, PATH, name.length);
        return address;
    }

    /** The connection of the next who comes. */
    public DescriptorSocket accept() throws IOException {
        return new DescriptorSocket(Libc.accept(socket));
    }

    /** Gives the other side a descriptor of its own for the same eventfd. */
    public void send(LinuxEventFd eventFd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = message(arena);
            MemorySegment rights = rights(message);
            rights.set(ValueLayout.JAVA_LONG, 0, RIGHTS_LENGTH);
            rights.set(ValueLayout.JAVA_INT, LEVEL, SOL_SOCKET);
            rights.set(ValueLayout.JAVA_INT, TYPE, SCM_RIGHTS);
            rights.set(ValueLayout.JAVA_INT, DESCRIPTOR, eventFd.descriptor());
            Libc.sendmsg(socket, message, MSG_NOSIGNAL);
        }
    }

    /** The eventfd that the other side sent next. Throws IOException at the end, or for a message without a descriptor. */
    public LinuxEventFd receive() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = message(arena);
            if (Libc.recvmsg(socket, message, MSG_CMSG_CLOEXEC) == 0) {
                throw new IOException("the other side has closed the socket");
            }
            MemorySegment rights = rights(message);
            if (rights.get(ValueLayout.JAVA_LONG, 0) != RIGHTS_LENGTH
                    || rights.get(ValueLayout.JAVA_INT, TYPE) != SCM_RIGHTS) {
                throw new IOException("the message has no descriptor");
            }
            return LinuxEventFd.of(rights.get(ValueLayout.JAVA_INT, DESCRIPTOR));
        }
    }

    /** One byte, and room for one descriptor. */
    private static MemorySegment message(Arena arena) {
        MemorySegment vector = arena.allocate(ValueLayout.ADDRESS.byteSize() + Long.BYTES, Long.BYTES);
        vector.set(ValueLayout.ADDRESS, 0, arena.allocate(1));
        vector.set(ValueLayout.JAVA_LONG, Long.BYTES, 1);
        MemorySegment message = arena.allocate(HEADER_SIZE, Long.BYTES);
        message.set(ValueLayout.ADDRESS, IOV, vector);
        message.set(ValueLayout.JAVA_LONG, IOV_COUNT, 1);
        message.set(ValueLayout.ADDRESS, CONTROL, arena.allocate(RIGHTS_SPACE, Long.BYTES));
        message.set(ValueLayout.JAVA_LONG, CONTROL_LENGTH, RIGHTS_SPACE);
        return message;
    }

    private static MemorySegment rights(MemorySegment message) {
        return message.get(ValueLayout.ADDRESS, CONTROL).reinterpret(RIGHTS_SPACE);
    }

    @Override
    public void close() throws IOException {
        Libc.close(socket);
    }
}
