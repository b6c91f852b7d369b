// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls that the cross-check needs, through the Foreign Function API. A call that fails throws {@link KvmException} with errno.
 *
 * <p>Threading: one thread for each instance; its buffers are reused by every call.
 */
@SuppressWarnings("restricted") // native calls are the point of this class
final class Libc implements AutoCloseable {
    static final int O_RDWR = 2;
    static final int EFD_NONBLOCK = 0x800;

    private static final int O_CLOEXEC = 0x80000;
    private static final int EAGAIN = 11;
    private static final int EINTR = 4;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_SHARED = 1;

    private static final StructLayout CAPTURED = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURED.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final MethodHandle OPEN = variadic("open", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle IOCTL = variadic("ioctl", FunctionDescriptor.of(INT, INT, LONG, LONG));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle EVENTFD = function("eventfd", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle READ =
            function("read", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG));
    private static final MethodHandle WRITE =
            function("write", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG));
    private static final MethodHandle MMAP =
            function("mmap", FunctionDescriptor.of(ValueLayout.ADDRESS, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MUNMAP = function("munmap", FunctionDescriptor.of(INT, LONG, LONG));

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment captured = arena.allocate(CAPTURED);
    private final MemorySegment counter = arena.allocate(LONG);

    private static MethodHandle function(String name, FunctionDescriptor shape) {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow(name),
                        shape,
                        Linker.Option.captureCallState("errno"));
    }

    /** Of the shapes used here, all but the first two parameters of ioctl and open are variable. */
    private static MethodHandle variadic(String name, FunctionDescriptor shape) {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow(name),
                        shape,
                        Linker.Option.captureCallState("errno"),
                        Linker.Option.firstVariadicArg(2));
    }

    /** Opens for reading and writing. */
    int open(String path) {
        try (Arena local = Arena.ofConfined()) {
            int fd = (int) OPEN.invokeExact(captured, local.allocateFrom(path), O_RDWR | O_CLOEXEC);
            return checked("open " + path, fd);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** argument: a number, or the address of what the kernel reads or fills. */
    int ioctl(String what, int fd, long request, long argument) {
        return checked(what, rawIoctl(fd, request, argument));
    }

    int ioctl(String what, int fd, long request, MemorySegment argument) {
        return ioctl(what, fd, request, argument.address());
    }

    /** The same without a look at errno; a call that a signal broke is made again. */
    private int rawIoctl(int fd, long request, long argument) {
        try {
            int result;
            do {
                result = (int) IOCTL.invokeExact(captured, fd, request, argument);
            } while (result < 0 && errno() == EINTR);
            return result;
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Shares length bytes of what fd stands for. They live until {@link #unmap}. */
    MemorySegment map(int fd, long length) {
        try {
            MemorySegment start =
                    (MemorySegment) MMAP.invokeExact(captured, 0L, length, PROT_READ_WRITE, MAP_SHARED, fd, 0L);
            checked("mmap", start.address() == -1L ? -1 : 0);
            return start.reinterpret(length);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    void unmap(MemorySegment mapped) {
        try {
            checked("munmap", (int) MUNMAP.invokeExact(captured, mapped.address(), mapped.byteSize()));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    int eventfd() {
        try {
            return checked("eventfd", (int) EVENTFD.invokeExact(captured, 0, EFD_NONBLOCK | O_CLOEXEC));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** Adds one to an eventfd. */
    void signal(int eventfd) {
        counter.set(LONG, 0, 1);
        try {
            checked("write to an eventfd", (int) (long) WRITE.invokeExact(captured, eventfd, counter, 8L));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    /** The count of an eventfd, which is zero then. */
    long take(int eventfd) {
        try {
            long size = (long) READ.invokeExact(captured, eventfd, counter, 8L);
            if (size < 0 && errno() == EAGAIN) {
                return 0;
            }
            checked("read from an eventfd", (int) size);
            return counter.get(LONG, 0);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    void close(int fd) {
        try {
            checked("close", (int) CLOSE.invokeExact(captured, fd));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private int errno() {
        return (int) ERRNO.get(captured, 0L);
    }

    private int checked(String what, int result) {
        if (result < 0) {
            throw new KvmException(what, errno());
        }
        return result;
    }

    /** A downcall declares Throwable and throws nothing of its own. */
    private static RuntimeException rethrown(Throwable thrown) {
        return switch (thrown) {
            case RuntimeException unchecked -> unchecked;
            case Error error -> throw error;
            default -> new IllegalStateException(thrown);
        };
    }

    @Override
    public void close() {
        arena.close();
    }
}
