// SPDX-License-Identifier: Apache-2.0
package dev.synapic.eventfd;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** The C library's calls that eventfds and the passing of descriptors need, on Linux with 64 bits. Failures are IOExceptions with errno's text. */
@SuppressWarnings("restricted") // the Foreign Function API is what this module is for
final class Libc {
    static final int EINTR = 4, EAGAIN = 11;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MemoryLayout INT = ValueLayout.JAVA_INT,
            LONG = ValueLayout.JAVA_LONG,
            POINTER = ValueLayout.ADDRESS;

    private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
    private static final MethodHandle READ = function("read", LONG, INT, POINTER, LONG);
    private static final MethodHandle WRITE = function("write", LONG, INT, POINTER, LONG);
    private static final MethodHandle CLOSE = function("close", INT, INT);
    private static final MethodHandle POLL = function("poll", INT, POINTER, LONG, INT);
    private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);
    private static final MethodHandle BIND = function("bind", INT, INT, POINTER, INT);
    private static final MethodHandle LISTEN = function("listen", INT, INT, INT);
    private static final MethodHandle ACCEPT = function("accept", INT, INT, POINTER, POINTER);
    private static final MethodHandle CONNECT = function("connect", INT, INT, POINTER, INT);
    private static final MethodHandle SENDMSG = function("sendmsg", LONG, INT, POINTER, INT);
    private static final MethodHandle RECVMSG = function("recvmsg", LONG, INT, POINTER, INT);
    private static final MethodHandle STRERROR = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("strerror"),
            FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_INT));

    private Libc() {}

    private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                Linker.Option.captureCallState("errno"));
    }

    /** A call whose result is below zero where it fails. */
    @FunctionalInterface
    private interface Call {
        long with(MemorySegment state) throws Throwable;
    }

    /** Repeats what a signal interrupted; a failure with that errno is the result -errno, any other an exception. */
    private static long call(String name, int expected, Call call) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            while (true) {
                long result = call.with(state);
                if (result >= 0) {
                    return result;
                }
                int errno = (int) ERRNO.get(state, 0L);
                if (errno == expected) {
                    return -errno;
                }
                if (errno != EINTR) {
                    throw new IOException(name + ": " + text(errno));
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static String text(int errno) throws Throwable {
        MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
        return text.reinterpret(Long.MAX_VALUE).getString(0);
    }

    static int eventfd(int initial, int flags) throws IOException {
        return (int) call("eventfd", 0, state -> (int) EVENTFD.invokeExact(state, initial, flags));
    }

    /** Returns bytes, or -EAGAIN. */
    static long read(int descriptor, MemorySegment into) throws IOException {
        return call("read", EAGAIN, state -> (long) READ.invokeExact(state, descriptor, into, into.byteSize()));
    }

    /** Returns bytes, or -EAGAIN. */
    static long write(int descriptor, MemorySegment from) throws IOException {
        return call("write", EAGAIN, state -> (long) WRITE.invokeExact(state, descriptor, from, from.byteSize()));
    }

    static void close(int descriptor) throws IOException {
        call("close", EINTR, state -> (int) CLOSE.invokeExact(state, descriptor));
    }

    static int poll(MemorySegment descriptors, long count, int milliseconds) throws IOException {
        return (int) call("poll", EINTR, state -> (int) POLL.invokeExact(state, descriptors, count, milliseconds));
    }

    static int socket(int family, int type, int protocol) throws IOException {
        return (int) call("socket", 0, state -> (int) SOCKET.invokeExact(state, family, type, protocol));
    }

    static void bind(int socket, MemorySegment address) throws IOException {
        call("bind", 0, state -> (int) BIND.invokeExact(state, socket, address, (int) address.byteSize()));
    }

    static void listen(int socket, int backlog) throws IOException {
        call("listen", 0, state -> (int) LISTEN.invokeExact(state, socket, backlog));
    }

    static int accept(int socket) throws IOException {
        return (int) call(
                "accept", 0, state -> (int) ACCEPT.invokeExact(state, socket, MemorySegment.NULL, MemorySegment.NULL));
    }

    static void connect(int socket, MemorySegment address) throws IOException {
        call("connect", 0, state -> (int) CONNECT.invokeExact(state, socket, address, (int) address.byteSize()));
    }

    static long sendmsg(int socket, MemorySegment message, int flags) throws IOException {
        return call("sendmsg", 0, state -> (long) SENDMSG.invokeExact(state, socket, message, flags));
    }

    static long recvmsg(int socket, MemorySegment message, int flags) throws IOException {
        return call("recvmsg", 0, state -> (long) RECVMSG.invokeExact(state, socket, message, flags));
    }
}
