// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits until the kernel has done what irqfds have handed to its work queue: a signal of an irqfd of another machine, of which nothing but
 * a bit in an 8259A comes, stands behind them in the queue.
 */
final class WorkMarker implements AutoCloseable {
    private static final int GSI = 3;
    private static final int MASTER = 0;
    private static final long PAUSE_NANOS = 20_000;
    private static final long LIMIT_NANOS = 5_000_000_000L;

    private final Libc libc;
    private final KvmVm vm;
    private final int eventfd;

    WorkMarker(Kvm kvm) {
        libc = kvm.libc();
        vm = kvm.createVm();
        vm.createIrqChip();
        eventfd = libc.eventfd();
        vm.irqfd(eventfd, GSI);
    }

    void await() {
        libc.signal(eventfd);
        long start = System.nanoTime();
        MemorySegment pic = vm.getIrqChip(MASTER);
        while ((pic.get(ValueLayout.JAVA_BYTE, KvmAbi.PIC_IRR) & 1 << GSI) == 0) {
            if (System.nanoTime() - start > LIMIT_NANOS) {
                throw new IllegalStateException("the kernel's work queue did not come to an irqfd within 5 s");
            }
            LockSupport.parkNanos(PAUSE_NANOS);
            pic = vm.getIrqChip(MASTER);
        }
        pic.set(ValueLayout.JAVA_BYTE, KvmAbi.PIC_IRR, (byte) 0);
        vm.setIrqChip(MASTER);
    }

    @Override
    public void close() {
        vm.close();
        libc.close(eventfd);
    }
}
