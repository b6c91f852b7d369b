// SPDX-License-Identifier: Apache-2.0
// What a Hyper-V compatible hypervisor offers (TLFS, "Feature and Interface Discovery"), and its hypercall page.
#pragma once

#include "types.h"

#define HV_X64_MSR_GUEST_OS_ID 0x40000000
#define HV_X64_MSR_HYPERCALL 0x40000001
#define HV_X64_MSR_VP_INDEX 0x40000002
#define HV_X64_MSR_SCONTROL 0x40000080
#define HV_X64_MSR_SIEFP 0x40000082
#define HV_X64_MSR_SIMP 0x40000083
#define HV_X64_MSR_EOM 0x40000084
#define HV_X64_MSR_SINT0 0x40000090

// CPUID 0x40000003 EAX, the partition's privileges.
#define HYPERV_SYNIC (1u << 2)
#define HYPERV_HYPERCALL_MSRS (1u << 5)
#define HYPERV_VP_INDEX_ACCESS (1u << 6)

// CPUID 0x40000004 EAX, what the hypervisor recommends.
#define HYPERV_AUTO_EOI_DEPRECATED (1u << 9)
#define HYPERV_CLUSTER_IPI (1u << 10)
#define HYPERV_EX_FORMS (1u << 11)

void hyperv_discover(void);
bool hyperv_present(void);
bool hyperv_has(u32 privileges);
bool hyperv_recommends(u32 hints);

#ifdef __x86_64__

#define HVCALL_SEND_IPI 0x000B
#define HVCALL_SEND_IPI_EX 0x0015
#define HYPERCALL_FAST (1u << 16)
#define HYPERCALL_VARIABLE_HEADER_SHIFT 17
#define HYPERCALL_STATUS_MASK 0xFFFFu

bool hypercall_page_enable(void);
extern u8 hypercall_page[];

static inline u64 hypercall(u64 control, u64 input, u64 output)
{
    u64 result;
    register u64 r8 asm("r8") = output;
    asm volatile("call hypercall_page" : "=a"(result), "+c"(control), "+d"(input), "+r"(r8)::"r9", "r10", "r11", "cc", "memory");
    return result;
}

#endif
