// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import dev.synapic.spec.kvm.KvmCap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * {@code /dev/kvm}. Threading: the thread that opened it, for it and all that comes from it.
 */
final class Kvm implements AutoCloseable {
    static final String DEVICE = "/dev/kvm";

    private static final int CPUID_ENTRIES = 256;
    private static final int X2APIC = 1 << 21;
    private static final int TSC_DEADLINE = 1 << 24;

    private final Libc libc = new Libc();
    private final Arena arena = Arena.ofConfined();
    private final int fd;
    private final MemorySegment cpuid = arena.allocate(KvmAbi.CPUID2 + CPUID_ENTRIES * KvmAbi.CPUID_ENTRY, 8);

    /** Throws KvmException where it cannot be opened. */
    Kvm() {
        fd = libc.open(DEVICE);
        int version = libc.ioctl("KVM_GET_API_VERSION", fd, KvmAbi.GET_API_VERSION, 0);
        if (version != KvmAbi.API_VERSION) {
            throw new IllegalStateException(
                    DEVICE + " speaks version " + version + " of the ABI, not " + KvmAbi.API_VERSION);
        }
        readCpuid();
    }

    /** Why this machine cannot run the cross-check; empty where it can. */
    static Optional<String> unavailable() {
        try (Kvm kvm = new Kvm()) {
            for (int needed : new int[] {
                KvmCap.KVM_CAP_IRQCHIP,
                KvmCap.KVM_CAP_SIGNAL_MSI,
                KvmCap.KVM_CAP_IRQFD_RESAMPLE,
                KvmCap.KVM_CAP_X2APIC_API
            }) {
                if (kvm.checkExtension(needed) == 0) {
                    return Optional.of("this KVM has no capability " + needed);
                }
            }
            return Optional.empty();
        } catch (KvmException e) {
            return Optional.of(DEVICE + " cannot be opened here: " + e.getMessage());
        }
    }

    int checkExtension(int capability) {
        return libc.ioctl("KVM_CHECK_EXTENSION", fd, KvmAbi.CHECK_EXTENSION, capability);
    }

    KvmVm createVm() {
        int vm = libc.ioctl("KVM_CREATE_VM", fd, KvmAbi.CREATE_VM, 0);
        int runBytes = libc.ioctl("KVM_GET_VCPU_MMAP_SIZE", fd, KvmAbi.GET_VCPU_MMAP_SIZE, 0);
        return new KvmVm(libc, vm, runBytes, cpuid);
    }

    Libc libc() {
        return libc;
    }

    /** What this KVM supports, with x2APIC mode and the TSC deadline, which it has without hardware. */
    private void readCpuid() {
        cpuid.set(ValueLayout.JAVA_INT, 0, CPUID_ENTRIES);
        libc.ioctl("KVM_GET_SUPPORTED_CPUID", fd, KvmAbi.GET_SUPPORTED_CPUID, cpuid);
        int entries = cpuid.get(ValueLayout.JAVA_INT, 0);
        for (int i = 0; i < entries; i++) {
            long at = KvmAbi.CPUID2 + (long) i * KvmAbi.CPUID_ENTRY;
            if (cpuid.get(ValueLayout.JAVA_INT, at) == 1) {
                int ecx = cpuid.get(ValueLayout.JAVA_INT, at + KvmAbi.CPUID_ENTRY_ECX);
                cpuid.set(ValueLayout.JAVA_INT, at + KvmAbi.CPUID_ENTRY_ECX, ecx | X2APIC | TSC_DEADLINE);
            }
        }
    }

    @Override
    public void close() {
        libc.close(fd);
        arena.close();
        libc.close();
    }
}
