// SPDX-License-Identifier: Apache-2.0
package dev.synapic.kvmcheck;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Expected values: what a C compiler makes of linux/kvm.h of Linux 6.1 on x86-64. */
class KvmAbiTest {
    @Test
    void ioctlsOfTheDeviceHaveTheNumbersOfTheHeader() {
        assertThat(KvmAbi.GET_API_VERSION).isEqualTo(0xAE00);
        assertThat(KvmAbi.CREATE_VM).isEqualTo(0xAE01);
        assertThat(KvmAbi.CHECK_EXTENSION).isEqualTo(0xAE03);
        assertThat(KvmAbi.GET_VCPU_MMAP_SIZE).isEqualTo(0xAE04);
        assertThat(KvmAbi.GET_SUPPORTED_CPUID).isEqualTo(0xC008_AE05L);
    }

    @Test
    void ioctlsOfAMachineHaveTheNumbersOfTheHeader() {
        assertThat(KvmAbi.CREATE_VCPU).isEqualTo(0xAE41);
        assertThat(KvmAbi.SET_USER_MEMORY_REGION).isEqualTo(0x4020_AE46);
        assertThat(KvmAbi.SET_TSS_ADDR).isEqualTo(0xAE47);
        assertThat(KvmAbi.CREATE_IRQCHIP).isEqualTo(0xAE60);
        assertThat(KvmAbi.GET_IRQCHIP).isEqualTo(0xC208_AE62L);
        assertThat(KvmAbi.SET_IRQCHIP).isEqualTo(0x8208_AE63L);
        assertThat(KvmAbi.IRQ_LINE_STATUS).isEqualTo(0xC008_AE67L);
        assertThat(KvmAbi.SET_GSI_ROUTING).isEqualTo(0x4008_AE6A);
        assertThat(KvmAbi.SET_IRQFD).isEqualTo(0x4020_AE76);
        assertThat(KvmAbi.SIGNAL_MSI).isEqualTo(0x4020_AEA5);
        assertThat(KvmAbi.SET_CAP).isEqualTo(0x4068_AEA3);
    }

    @Test
    void ioctlsOfAProcessorHaveTheNumbersOfTheHeader() {
        assertThat(KvmAbi.RUN).isEqualTo(0xAE80);
        assertThat(KvmAbi.GET_REGS).isEqualTo(0x8090_AE81L);
        assertThat(KvmAbi.SET_REGS).isEqualTo(0x4090_AE82);
        assertThat(KvmAbi.GET_SREGS).isEqualTo(0x8138_AE83L);
        assertThat(KvmAbi.SET_SREGS).isEqualTo(0x4138_AE84);
        assertThat(KvmAbi.SET_CPUID2).isEqualTo(0x4008_AE90);
        assertThat(KvmAbi.GET_LAPIC).isEqualTo(0x8400_AE8EL);
        assertThat(KvmAbi.SET_LAPIC).isEqualTo(0x4400_AE8F);
        assertThat(KvmAbi.GET_MP_STATE).isEqualTo(0x8004_AE98L);
        assertThat(KvmAbi.SET_MP_STATE).isEqualTo(0x4004_AE99);
        assertThat(KvmAbi.GET_VCPU_EVENTS).isEqualTo(0x8040_AE9FL);
    }

    @Test
    void registersStandWhereTheHeaderPutsThem() {
        assertThat(KvmAbi.REGS_RSP).isEqualTo(48);
        assertThat(KvmAbi.REGS_RIP).isEqualTo(128);
        assertThat(KvmAbi.REGS_RFLAGS).isEqualTo(136);
        assertThat(KvmAbi.SREGS_DS).isEqualTo(24);
        assertThat(KvmAbi.SREGS_SS).isEqualTo(120);
        assertThat(KvmAbi.SREGS_GDT).isEqualTo(192);
        assertThat(KvmAbi.SREGS_IDT).isEqualTo(208);
        assertThat(KvmAbi.SREGS_CR0).isEqualTo(224);
        assertThat(KvmAbi.SEGMENT_SELECTOR).isEqualTo(12);
        assertThat(KvmAbi.SEGMENT_TYPE).isEqualTo(14);
        assertThat(KvmAbi.SEGMENT_DB).isEqualTo(17);
        assertThat(KvmAbi.SEGMENT_S).isEqualTo(18);
        assertThat(KvmAbi.SEGMENT_G).isEqualTo(20);
        assertThat(KvmAbi.DTABLE_LIMIT).isEqualTo(8);
    }

    @Test
    void chipsEventsAndExitsStandWhereTheHeaderPutsThem() {
        assertThat(KvmAbi.IRQCHIP_STATE).isEqualTo(8);
        assertThat(KvmAbi.IOAPIC_SELECT).isEqualTo(8);
        assertThat(KvmAbi.IOAPIC_IRR).isEqualTo(16);
        assertThat(KvmAbi.IOAPIC_ENTRIES).isEqualTo(24);
        assertThat(KvmAbi.PIC_IRR).isEqualTo(1);
        assertThat(KvmAbi.PIC_IRQ_BASE).isEqualTo(5);
        assertThat(KvmAbi.PIC_INIT4).isEqualTo(13);
        assertThat(KvmAbi.IRQFD_FLAGS).isEqualTo(8);
        assertThat(KvmAbi.IRQFD_RESAMPLEFD).isEqualTo(12);
        assertThat(KvmAbi.VCPU_EVENTS_NMI_INJECTED).isEqualTo(12);
        assertThat(KvmAbi.VCPU_EVENTS_NMI_PENDING).isEqualTo(13);
        assertThat(KvmAbi.RUN_EXIT_REASON).isEqualTo(8);
        assertThat(KvmAbi.RUN_IO_PORT).isEqualTo(34);
        assertThat(KvmAbi.RUN_IO_DATA_OFFSET).isEqualTo(40);
        assertThat(KvmAbi.CPUID_ENTRY_ECX).isEqualTo(20);
    }
}
