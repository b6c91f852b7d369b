// SPDX-License-Identifier: Apache-2.0

#include "apic.h"
#include "interrupt.h"

#define CPUID1_ECX_X2APIC (1u << 21)
#define CPUID_EXTENDED_TOPOLOGY 0x0B

bool apic_is_x2;

bool apic_offers_x2(void) { return cpuid(1, 0).ecx & CPUID1_ECX_X2APIC; }

// SDM vol. 3, figure 11-27: x2APIC is entered from xAPIC, and left only by way of "disabled".
static void enter_mode(void)
{
    u64 base = rdmsr(MSR_APIC_BASE);
    bool is_x2 = base & APIC_BASE_EXTD;
    if (apic_is_x2 && !is_x2)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_EXTD);
    if (!apic_is_x2 && is_x2) {
        base &= ~(u64)(APIC_BASE_ENABLE | APIC_BASE_EXTD);
        wrmsr(MSR_APIC_BASE, base);
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    }
}

void apic_start(void)
{
    enter_mode();
    apic_write(APIC_LVT_LINT0, LVT_MASKED);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_SVR, SVR_ENABLE | SPURIOUS_VECTOR);
}

// In xAPIC mode the register holds 8 bits; a CPU with a wider id says so in CPUID only.
u32 apic_id(void)
{
    if (apic_is_x2)
        return apic_read(APIC_ID);
    if (apic_offers_x2() && cpuid(0, 0).eax >= CPUID_EXTENDED_TOPOLOGY) {
        u32 id = cpuid(CPUID_EXTENDED_TOPOLOGY, 0).edx;
        if (id > XAPIC_MAX_ID)
            return id;
    }
    return apic_read(APIC_ID) >> 24;
}
