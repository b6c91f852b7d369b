// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A virtual CPU of KVM. */
final class KvmVcpu {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final long RESERVED_FLAG = 2;

    private final Libc libc;
    private final int fd;
    private final MemorySegment run;
    private final MemorySegment regs;
    private final MemorySegment sregs;
    private final MemorySegment lapic;
    private final MemorySegment events;
    private final MemorySegment msr;

    KvmVcpu(Libc libc, Arena arena, int fd, MemorySegment run) {
        this.libc = libc;
        this.fd = fd;
        this.run = run;
        this.regs = arena.allocate(KvmAbi.REGS, 8);
        this.sregs = arena.allocate(KvmAbi.SREGS, 8);
        this.lapic = arena.allocate(KvmAbi.LAPIC, 8);
        this.events = arena.allocate(KvmAbi.VCPU_EVENTS, 8);
        this.msr = arena.allocate(KvmAbi.MSRS + KvmAbi.MSR_ENTRY, 8);
    }

    void setCpuid(MemorySegment cpuid) {
        libc.ioctl("KVM_SET_CPUID2", fd, KvmAbi.SET_CPUID2, cpuid);
    }

    /** Runs until the guest writes to a port. Throws IllegalStateException for any other exit. */
    void run() {
        libc.ioctl("KVM_RUN", fd, KvmAbi.RUN, 0);
        int reason = run.get(INT, KvmAbi.RUN_EXIT_REASON);
        if (reason != KvmAbi.EXIT_IO) {
            throw new IllegalStateException("KVM_RUN came back with exit reason " + reason + " at EIP 0x"
                    + Long.toHexString(register(KvmAbi.REGS_RIP)));
        }
    }

    /** Of the last exit. */
    int port() {
        return Short.toUnsignedInt(run.get(ValueLayout.JAVA_SHORT, KvmAbi.RUN_IO_PORT));
    }

    /** What the last exit wrote, as 32 bits. */
    int written() {
        return run.get(INT, run.get(LONG, KvmAbi.RUN_IO_DATA_OFFSET));
    }

    /** Sets EIP, ESP and the four registers that a fragment of the stub takes; interrupts are off. */
    void prepare(long rip, long rsp, int eax, int ebx, int ecx, int edx) {
        regs.set(LONG, KvmAbi.REGS_RAX, Integer.toUnsignedLong(eax));
        regs.set(LONG, KvmAbi.REGS_RBX, Integer.toUnsignedLong(ebx));
        regs.set(LONG, KvmAbi.REGS_RCX, Integer.toUnsignedLong(ecx));
        regs.set(LONG, KvmAbi.REGS_RDX, Integer.toUnsignedLong(edx));
        regs.set(LONG, KvmAbi.REGS_RSP, rsp);
        regs.set(LONG, KvmAbi.REGS_RIP, rip);
        regs.set(LONG, KvmAbi.REGS_RFLAGS, RESERVED_FLAG);
        libc.ioctl("KVM_SET_REGS", fd, KvmAbi.SET_REGS, regs);
    }

    /** A general register by its offset, as it is now. */
    long register(int offset) {
        libc.ioctl("KVM_GET_REGS", fd, KvmAbi.GET_REGS, regs);
        return regs.get(LONG, offset);
    }

    /** KVM_GET_SREGS; the caller changes it and calls {@link #setSpecialRegisters}. */
    MemorySegment specialRegisters() {
        libc.ioctl("KVM_GET_SREGS", fd, KvmAbi.GET_SREGS, sregs);
        return sregs;
    }

    void setSpecialRegisters() {
        libc.ioctl("KVM_SET_SREGS", fd, KvmAbi.SET_SREGS, sregs);
    }

    /** KVM_GET_LAPIC. Valid until the next call. */
    MemorySegment lapic() {
        libc.ioctl("KVM_GET_LAPIC", fd, KvmAbi.GET_LAPIC, lapic);
        return lapic;
    }

    /** KVM_SET_LAPIC with what {@link #lapic} gave. */
    void setLapic() {
        libc.ioctl("KVM_SET_LAPIC", fd, KvmAbi.SET_LAPIC, lapic);
    }

    /** KVM_GET_MP_STATE, which also lets INIT and SIPI happen that have come. */
    int mpState() {
        libc.ioctl("KVM_GET_MP_STATE", fd, KvmAbi.GET_MP_STATE, events);
        return events.get(INT, 0);
    }

    void setRunnable() {
        events.set(INT, 0, KvmAbi.MP_STATE_RUNNABLE);
        libc.ioctl("KVM_SET_MP_STATE", fd, KvmAbi.SET_MP_STATE, events);
    }

    /** NMIs that wait, one that is being given among them. */
    int pendingNmis() {
        libc.ioctl("KVM_GET_VCPU_EVENTS", fd, KvmAbi.GET_VCPU_EVENTS, events);
        return events.get(ValueLayout.JAVA_BYTE, KvmAbi.VCPU_EVENTS_NMI_PENDING)
                + events.get(ValueLayout.JAVA_BYTE, KvmAbi.VCPU_EVENTS_NMI_INJECTED);
    }

    /** A model-specific register from the VMM's side. */
    long getMsr(int number) {
        msr.fill((byte) 0);
        msr.set(INT, 0, 1);
        msr.set(INT, KvmAbi.MSRS, number);
        if (libc.ioctl("KVM_GET_MSRS", fd, KvmAbi.GET_MSRS, msr) != 1) {
            throw new IllegalStateException("KVM has no MSR 0x" + Integer.toHexString(number));
        }
        return msr.get(LONG, KvmAbi.MSRS + KvmAbi.MSR_ENTRY_DATA);
    }

    /** Whether KVM took the value. */
    boolean setMsr(int number, long value) {
        msr.fill((byte) 0);
        msr.set(INT, 0, 1);
        msr.set(INT, KvmAbi.MSRS, number);
        msr.set(LONG, KvmAbi.MSRS + KvmAbi.MSR_ENTRY_DATA, value);
        return libc.ioctl("KVM_SET_MSRS", fd, KvmAbi.SET_MSRS, msr) == 1;
    }

    void close() {
        libc.unmap(run);
        libc.close(fd);
    }
}
