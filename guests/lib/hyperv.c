// SPDX-License-Identifier: Apache-2.0

#include "hyperv.h"
#include "kvm.h"
#include "x86.h"

#define HYPERV_LEAF 0x40000000u
#define HYPERV_INTERFACE 0x31237648u // "Hv#1"
#define HYPERCALL_ENABLE 1
#define GUEST_OS_ID 0x8000000000000000ull // bit 63: open source (TLFS, "Guest OS Identity"); otherwise nobody in particular

static u32 privileges, recommendations;
static bool present;

void hyperv_discover(void)
{
    if (!hypervisor_present())
        return;
    struct cpuid leaf = cpuid(HYPERV_LEAF, 0);
    bool signature = leaf.ebx == 0x7263694D && leaf.ecx == 0x666F736F && leaf.edx == 0x76482074; // "Microsoft Hv"
    if (!signature || leaf.eax < HYPERV_LEAF + 4 || cpuid(HYPERV_LEAF + 1, 0).eax != HYPERV_INTERFACE)
        return;
    present = true;
    privileges = cpuid(HYPERV_LEAF + 3, 0).eax;
    recommendations = cpuid(HYPERV_LEAF + 4, 0).eax;
}

bool hyperv_present(void) { return present; }
bool hyperv_has(u32 wanted) { return (privileges & wanted) == wanted; }
bool hyperv_recommends(u32 wanted) { return (recommendations & wanted) == wanted; }

#ifdef __x86_64__

u8 hypercall_page[PAGE_SIZE] ALIGNED(PAGE_SIZE);

// The identity must come first: while it is zero the hypervisor ignores the page (TLFS, "Establishing the Hypercall Interface").
bool hypercall_page_enable(void)
{
    wrmsr(HV_X64_MSR_GUEST_OS_ID, GUEST_OS_ID);
    wrmsr(HV_X64_MSR_HYPERCALL, (u64)(word)hypercall_page | HYPERCALL_ENABLE);
    return rdmsr(HV_X64_MSR_HYPERCALL) & HYPERCALL_ENABLE;
}

#endif
