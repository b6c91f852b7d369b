// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

/**
 * Numbers of ioctls and layouts of structures of KVM's userspace ABI on x86 (Linux, uapi/linux/kvm.h and uapi/asm/kvm.h). Offsets and
 * sizes are in bytes; a name of a structure alone is its size.
 */
final class KvmAbi {
    private static final int WRITE = 1;
    private static final int READ = 2;
    private static final int TYPE = 0xAE;

    static final int API_VERSION = 12;

    // ---- structures

    /** struct kvm_userspace_memory_region. */
    static final int MEMORY_REGION = 32;

    static final int MEMORY_REGION_GUEST_PHYS_ADDR = 8;
    static final int MEMORY_REGION_SIZE = 16;
    static final int MEMORY_REGION_USERSPACE_ADDR = 24;

    /** struct kvm_regs: the general registers from RAX on, as RAX, RBX, RCX, RDX, RSI, RDI, RSP. */
    static final int REGS = 144;

    static final int REGS_RAX = 0;
    static final int REGS_RBX = 8;
    static final int REGS_RCX = 16;
    static final int REGS_RDX = 24;
    static final int REGS_RSP = 48;
    static final int REGS_RIP = 128;
    static final int REGS_RFLAGS = 136;

    /** struct kvm_segment. */
    static final int SEGMENT = 24;

    static final int SEGMENT_BASE = 0;
    static final int SEGMENT_LIMIT = 8;
    static final int SEGMENT_SELECTOR = 12;
    static final int SEGMENT_TYPE = 14;
    static final int SEGMENT_PRESENT = 15;
    static final int SEGMENT_DB = 17;
    static final int SEGMENT_S = 18;
    static final int SEGMENT_G = 20;

    /** struct kvm_sregs: CS, DS, ES, FS, GS, SS, TR, LDT, then the tables and control registers. */
    static final int SREGS = 312;

    static final int SREGS_CS = 0;
    static final int SREGS_DS = SEGMENT;
    static final int SREGS_SS = 5 * SEGMENT;
    static final int SREGS_TR = 6 * SEGMENT;
    static final int SREGS_GDT = 8 * SEGMENT;
    static final int DTABLE_LIMIT = 8;
    static final int SREGS_IDT = SREGS_GDT + 16;
    static final int SREGS_CR0 = 224;
    static final int SREGS_CR4 = 248;
    static final int SREGS_EFER = 264;
    static final int SREGS_APIC_BASE = 272;

    /** struct kvm_msrs: a header, then entries of index and data. */
    static final int MSRS = 8;

    static final int MSR_ENTRY = 16;
    static final int MSR_ENTRY_DATA = 8;

    /** struct kvm_cpuid2: a header, then entries. */
    static final int CPUID2 = 8;

    static final int CPUID_ENTRY = 40;
    static final int CPUID_ENTRY_EBX = 16;
    static final int CPUID_ENTRY_ECX = 20;

    /** struct kvm_lapic_state. */
    static final int LAPIC = 0x400;

    /** struct kvm_mp_state. */
    static final int MP_STATE = 4;

    static final int MP_STATE_RUNNABLE = 0;
    static final int MP_STATE_HALTED = 3;

    /** struct kvm_vcpu_events. */
    static final int VCPU_EVENTS = 64;

    static final int VCPU_EVENTS_NMI_INJECTED = 12;
    static final int VCPU_EVENTS_NMI_PENDING = 13;

    /** struct kvm_irqchip: which chip, then 512 bytes for its state. */
    static final int IRQCHIP = 520;

    static final int IRQCHIP_STATE = 8;

    /** struct kvm_pic_state: sixteen bytes. */
    static final int PIC = 16;

    static final int PIC_IRR = 1;
    static final int PIC_IRQ_BASE = 5;
    static final int PIC_INIT4 = 13;

    static final int IOAPIC_SELECT = 8;
    static final int IOAPIC_ID = 12;
    static final int IOAPIC_IRR = 16;
    static final int IOAPIC_ENTRIES = 24;
    static final int IOAPIC = 216;

    /** struct kvm_irq_level. */
    static final int IRQ_LEVEL = 8;

    /** struct kvm_msi. */
    static final int MSI = 32;

    static final int MSI_DATA = 8;

    /** struct kvm_irqfd. */
    static final int IRQFD = 32;

    static final int IRQFD_GSI = 4;
    static final int IRQFD_FLAGS = 8;
    static final int IRQFD_RESAMPLEFD = 12;
    static final int IRQFD_FLAG_RESAMPLE = 2;

    /** struct kvm_enable_cap. */
    static final int ENABLE_CAP = 104;

    static final int ENABLE_CAP_ARGS = 8;

    static final int RUN_EXIT_REASON = 8;
    static final int RUN_IO_PORT = 34;
    static final int RUN_IO_DATA_OFFSET = 40;
    static final int EXIT_IO = 2;

    static final int CAP_DISABLE_QUIRKS2 = 213;
    static final int QUIRK_LINT0_REENABLED = 1;
    static final int X2APIC_API_USE_32BIT_IDS = 1;

    // ---- ioctls

    static final long GET_API_VERSION = io(0x00);
    static final long CREATE_VM = io(0x01);
    static final long CHECK_EXTENSION = io(0x03);
    static final long GET_VCPU_MMAP_SIZE = io(0x04);
    static final long GET_SUPPORTED_CPUID = both(0x05, CPUID2);
    static final long CREATE_VCPU = io(0x41);
    static final long SET_USER_MEMORY_REGION = toKernel(0x46, MEMORY_REGION);
    static final long SET_TSS_ADDR = io(0x47);
    static final long SET_IDENTITY_MAP_ADDR = toKernel(0x48, 8);
    static final long CREATE_IRQCHIP = io(0x60);
    static final long GET_IRQCHIP = both(0x62, IRQCHIP);
    static final long SET_IRQCHIP = fromKernel(0x63, IRQCHIP);
    static final long IRQ_LINE_STATUS = both(0x67, IRQ_LEVEL);
    static final long SET_GSI_ROUTING = toKernel(0x6A, 8);
    static final long SIGNAL_MSI = toKernel(0xA5, MSI);
    static final long SET_IRQFD = toKernel(0x76, IRQFD);
    static final long RUN = io(0x80);
    static final long GET_REGS = fromKernel(0x81, REGS);
    static final long SET_REGS = toKernel(0x82, REGS);
    static final long GET_SREGS = fromKernel(0x83, SREGS);
    static final long SET_SREGS = toKernel(0x84, SREGS);
    static final long GET_MSRS = both(0x88, MSRS);
    static final long SET_MSRS = toKernel(0x89, MSRS);
    static final long GET_LAPIC = fromKernel(0x8E, LAPIC);
    static final long SET_LAPIC = toKernel(0x8F, LAPIC);
    static final long SET_CPUID2 = toKernel(0x90, CPUID2);
    static final long GET_MP_STATE = fromKernel(0x98, MP_STATE);
    static final long SET_MP_STATE = toKernel(0x99, MP_STATE);
    static final long GET_VCPU_EVENTS = fromKernel(0x9F, VCPU_EVENTS);
    static final long SET_VCPU_EVENTS = toKernel(0xA0, VCPU_EVENTS);
    static final long SET_CAP = toKernel(0xA3, ENABLE_CAP);

    private KvmAbi() {}

    private static long io(int number) {
        return encode(0, number, 0);
    }

    private static long toKernel(int number, int size) {
        return encode(WRITE, number, size);
    }

    private static long fromKernel(int number, int size) {
        return encode(READ, number, size);
    }

    private static long both(int number, int size) {
        return encode(READ | WRITE, number, size);
    }

    /** Linux, uapi/asm-generic/ioctl.h: direction 31:30, size 29:16, type 15:8, number 7:0. */
    private static long encode(int direction, int number, int size) {
        return (long) direction << 30 | (long) size << 16 | TYPE << 8 | number;
    }
}
