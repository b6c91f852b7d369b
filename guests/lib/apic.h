// SPDX-License-Identifier: Apache-2.0
// The local APIC in xAPIC (MMIO) and x2APIC (MSR) mode. SDM vol. 3, chapter 11.
#pragma once

#include "x86.h"

#define APIC_MMIO_BASE 0xFEE00000u
#define MSR_APIC_BASE 0x1B
#define APIC_BASE_EXTD (1u << 10)
#define APIC_BASE_ENABLE (1u << 11)
#define MSR_X2APIC_FIRST 0x800
#define MSR_X2APIC_EOI 0x80B
#define MSR_X2APIC_ICR 0x830
#define MSR_X2APIC_SELF_IPI 0x83F

// Register offsets of the MMIO page; the MSR number is MSR_X2APIC_FIRST + offset / 16.
enum {
    APIC_ID = 0x020,
    APIC_TPR = 0x080,
    APIC_EOI = 0x0B0,
    APIC_SVR = 0x0F0,
    APIC_ISR = 0x100,
    APIC_IRR = 0x200,
    APIC_ICR = 0x300,
    APIC_ICR2 = 0x310,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_TIMER_INITIAL = 0x380,
};

#define SVR_ENABLE 0x100u
#define LVT_MASKED 0x10000u

#define ICR_FIXED 0x00000u
#define ICR_INIT 0x00500u
#define ICR_STARTUP 0x00600u
#define ICR_LOGICAL 0x00800u
#define ICR_ASSERT 0x04000u
#define ICR_SELF 0x40000u
#define ICR_ALL_BUT_SELF 0xC0000u

#define XAPIC_MAX_ID 254u

extern bool apic_is_x2; // the same for all CPUs; chosen before the others start

bool apic_offers_x2(void);
void apic_start(void); // the calling CPU: mode, software enable, TPR 0
u32 apic_id(void);

static inline volatile u32 *apic_register(u32 offset) { return (volatile u32 *)(word)(APIC_MMIO_BASE + offset); }

static inline u32 apic_read(u32 offset)
{
    return apic_is_x2 ? (u32)rdmsr(MSR_X2APIC_FIRST + offset / 16) : *apic_register(offset);
}

static inline void apic_write(u32 offset, u32 value)
{
    if (apic_is_x2)
        wrmsr(MSR_X2APIC_FIRST + offset / 16, value);
    else
        *apic_register(offset) = value;
}

static inline void apic_eoi(void) { apic_write(APIC_EOI, 0); }

// The write to the low half sends. No poll of the delivery-status bit: processors since Pentium 4 queue.
static inline void xapic_send(u32 destination, u32 low)
{
    *apic_register(APIC_ICR2) = destination << 24;
    *apic_register(APIC_ICR) = low;
}

static inline void x2apic_send(u32 destination, u32 low) { wrmsr(MSR_X2APIC_ICR, (u64)destination << 32 | low); }

// One ICR write with stores ordered before it, for everything that is not being measured.
static inline void apic_send(u32 destination, u32 low)
{
    if (apic_is_x2) {
        fence_before_x2apic_write();
        x2apic_send(destination, low);
    } else {
        xapic_send(destination, low);
    }
}

static inline bool apic_bit(u32 first_register, u8 vector)
{
    return apic_read(first_register + vector / 32 * 16) >> vector % 32 & 1;
}
