// SPDX-License-Identifier: Apache-2.0
package dev.synapic.eventfd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.synapic.interrupts.routing.EventFd;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** eventfd(2), and the two ways between the kernel's and the fabric's. */
@EnabledOnOs(OS.LINUX)
class EventFdLoopTest {
    private static final int MOST_MILLISECONDS = 60_000;

    @TempDir
    private Path directory;

    @Test
    void aReadTakesAllThatWasSignalled() throws IOException {
        try (LinuxEventFd eventFd = LinuxEventFd.open()) {
            assertThat(eventFd.read()).isZero();
            assertThat(eventFd.await(0)).isFalse();
            eventFd.signal(2);
            eventFd.signal(3);
            assertThat(eventFd.await(0)).isTrue();
            assertThat(eventFd.read()).isEqualTo(5);
            assertThat(eventFd.read()).isZero();
            assertThatThrownBy(() -> eventFd.signal(0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("an eventfd counts up: increment 0");
        }
    }

    @Test
    void aCountThatWouldOverflowStays() throws IOException {
        try (LinuxEventFd eventFd = LinuxEventFd.open()) {
            eventFd.signal(Long.MAX_VALUE);
            eventFd.signal(Long.MAX_VALUE);
            eventFd.signal(5);
            assertThat(eventFd.read()).as("2^64 - 2").isEqualTo(-2);
        }
    }

    @Test
    void theFabricsEventfdGetsWhatTheKernelsIsSignalled() throws Exception {
        CountDownLatch signalled = new CountDownLatch(3);
        AtomicLong sum = new AtomicLong();
        try (EventFdLoop loop = new EventFdLoop();
                LinuxEventFd before = LinuxEventFd.open();
                LinuxEventFd after = LinuxEventFd.open()) {
            EventFd to = new EventFd();
            to.listen(() -> {
                long count = to.read();
                sum.addAndGet(count);
                for (long i = 0; i < count; i++) {
                    signalled.countDown();
                }
            });
            before.signal(2);
            loop.in(before, to);
            loop.in(after, to);
            after.signal(1);
            assertThat(signalled.await(MOST_MILLISECONDS, TimeUnit.MILLISECONDS))
                    .isTrue();
        }
        assertThat(sum.get()).isEqualTo(3);
    }

    @Test
    void theKernelsEventfdGetsWhatTheFabricsIsSignalled() throws IOException {
        EventFd from = new EventFd();
        try (LinuxEventFd to = LinuxEventFd.open()) {
            EventFdLoop.out(from, to);
            from.signal(7);
            assertThat(to.read()).isEqualTo(7);
            assertThat(from.peek()).isZero();
        }
    }

    @Test
    void whatWasRemovedIsNotRead() throws IOException {
        try (LinuxEventFd from = LinuxEventFd.open()) {
            try (EventFdLoop loop = new EventFdLoop()) {
                loop.in(from, new EventFd());
                loop.remove(from);
            }
            from.signal(1);
            assertThat(from.read()).isEqualTo(1);
        }
    }

    @Test
    void failuresAreToldInTheSystemsWords() {
        assertThatThrownBy(() -> DescriptorSocket.connect(directory.resolve("nobody")))
                .isInstanceOf(IOException.class)
                .hasMessage("connect: No such file or directory");
        assertThatThrownBy(() -> DescriptorSocket.listen(directory.resolve("x".repeat(200))))
                .isInstanceOf(IOException.class)
                .hasMessageEndingWith("a socket's path has at most 107 bytes");
        assertThatThrownBy(() -> LinuxEventFd.of(-1)).isInstanceOf(IllegalArgumentException.class);
    }
}
