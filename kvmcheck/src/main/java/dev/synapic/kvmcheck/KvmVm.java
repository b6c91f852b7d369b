// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.interrupts.routing.GsiRoute;
import dev.synapic.interrupts.routing.KvmIrqRoutingCodec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A virtual machine of KVM with its interrupt chips in the kernel. */
final class KvmVm implements AutoCloseable {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    /** Below the APIC's page, for processors that need it to run real mode. */
    private static final long TSS_ADDRESS = 0xFFFB_D000L;

    private static final int PAGE = 4096;
    /** KVM's -1 for nobody, as an error number. */
    private static final int NOBODY = 1;

    private final Libc libc;
    private final Arena arena = Arena.ofConfined();
    private final int fd;
    private final int runBytes;
    private final MemorySegment cpuid;
    private final MemorySegment chip = arena.allocate(KvmAbi.IRQCHIP, 8);
    private final MemorySegment small = arena.allocate(KvmAbi.ENABLE_CAP, 8);
    private final List<KvmVcpu> vcpus = new ArrayList<>();

    KvmVm(Libc libc, int fd, int runBytes, MemorySegment cpuid) {
        this.libc = libc;
        this.fd = fd;
        this.runBytes = runBytes;
        this.cpuid = cpuid;
    }

    /** Both 8259A, the I/O APIC and local APICs; before any virtual CPU. */
    void createIrqChip() {
        libc.ioctl("KVM_SET_TSS_ADDR", fd, KvmAbi.SET_TSS_ADDR, TSS_ADDRESS);
        libc.ioctl("KVM_CREATE_IRQCHIP", fd, KvmAbi.CREATE_IRQCHIP, 0);
    }

    void enable(int capability, long argument) {
        small.fill((byte) 0);
        small.set(INT, 0, capability);
        small.set(LONG, KvmAbi.ENABLE_CAP_ARGS, argument);
        libc.ioctl("KVM_ENABLE_CAP " + capability, fd, KvmAbi.SET_CAP, small);
    }

    /** Gives the guest memory from its address 0 on; size is a multiple of 4096. */
    MemorySegment createMemory(long size) {
        MemorySegment memory = arena.allocate(size, PAGE);
        small.fill((byte) 0);
        small.set(LONG, KvmAbi.MEMORY_REGION_GUEST_PHYS_ADDR, 0);
        small.set(LONG, KvmAbi.MEMORY_REGION_SIZE, size);
        small.set(LONG, KvmAbi.MEMORY_REGION_USERSPACE_ADDR, memory.address());
        libc.ioctl("KVM_SET_USER_MEMORY_REGION", fd, KvmAbi.SET_USER_MEMORY_REGION, small);
        return memory;
    }

    /** id is the APIC id, too. */
    KvmVcpu createVcpu(int id) {
        int vcpuFd = libc.ioctl("KVM_CREATE_VCPU " + id, fd, KvmAbi.CREATE_VCPU, id);
        KvmVcpu vcpu = new KvmVcpu(libc, arena, vcpuFd, libc.map(vcpuFd, runBytes));
        vcpus.add(vcpu);
        vcpu.setCpuid(cpuid);
        return vcpu;
    }

    /** KVM_IRQ_LINE_STATUS: how many were reached, or negative. */
    int irqLine(int gsi, boolean level) {
        small.set(INT, 0, gsi);
        small.set(INT, 4, level ? 1 : 0);
        libc.ioctl("KVM_IRQ_LINE_STATUS", fd, KvmAbi.IRQ_LINE_STATUS, small);
        return small.get(INT, 0);
    }

    /** How many accepted; -1 where the message was for nobody. */
    int signalMsi(long address, int data) {
        small.fill((byte) 0);
        small.set(INT, 0, (int) address);
        small.set(INT, 4, (int) (address >>> 32));
        small.set(INT, KvmAbi.MSI_DATA, data);
        try {
            return libc.ioctl("KVM_SIGNAL_MSI", fd, KvmAbi.SIGNAL_MSI, small);
        } catch (KvmException e) {
            if (e.errno() == NOBODY) {
                return -1;
            }
            throw e;
        }
    }

    void setGsiRouting(List<? extends GsiRoute> routes) {
        byte[] bytes = KvmIrqRoutingCodec.encode(routes);
        try (Arena local = Arena.ofConfined()) {
            MemorySegment table = local.allocate(bytes.length, 8);
            MemorySegment.copy(bytes, 0, table, ValueLayout.JAVA_BYTE, 0, bytes.length);
            libc.ioctl("KVM_SET_GSI_ROUTING", fd, KvmAbi.SET_GSI_ROUTING, table);
        }
    }

    void irqfd(int eventfd, int gsi) {
        irqfd(eventfd, gsi, 0, 0);
    }

    void irqfd(int eventfd, int gsi, int resampleEventfd) {
        irqfd(eventfd, gsi, KvmAbi.IRQFD_FLAG_RESAMPLE, resampleEventfd);
    }

    private void irqfd(int eventfd, int gsi, int flags, int resampleEventfd) {
        small.fill((byte) 0);
        small.set(INT, 0, eventfd);
        small.set(INT, KvmAbi.IRQFD_GSI, gsi);
        small.set(INT, KvmAbi.IRQFD_FLAGS, flags);
        small.set(INT, KvmAbi.IRQFD_RESAMPLEFD, resampleEventfd);
        libc.ioctl("KVM_IRQFD", fd, KvmAbi.SET_IRQFD, small);
    }

    /** KVM_GET_IRQCHIP: 0 master, 1 slave, 2 I/O APIC. Valid until the next call. */
    MemorySegment getIrqChip(int number) {
        chip.set(INT, 0, number);
        libc.ioctl("KVM_GET_IRQCHIP", fd, KvmAbi.GET_IRQCHIP, chip);
        return chip.asSlice(KvmAbi.IRQCHIP_STATE);
    }

    /** KVM_SET_IRQCHIP, with what {@link #getIrqChip} gave and the caller changed. */
    void setIrqChip(int number) {
        chip.set(INT, 0, number);
        libc.ioctl("KVM_SET_IRQCHIP", fd, KvmAbi.SET_IRQCHIP, chip);
    }

    @Override
    public void close() {
        vcpus.forEach(KvmVcpu::close);
        libc.close(fd);
        arena.close();
    }
}
