// SPDX-License-Identifier: Apache-2.0
// KVM's paravirtual interface: discovery by CPUID, hypercalls by VMCALL or VMMCALL.
#pragma once

#include "types.h"

#define KVM_FEATURE_PV_SEND_IPI (1u << 11)
#define KVM_HC_SEND_IPI 10

bool hypervisor_present(void);
u32 kvm_features(void); // 0 without KVM's signature

void kvm_choose_instruction(void);
extern bool kvm_uses_vmmcall;

static inline long kvm_hypercall(word number, word a0, word a1, word a2, word a3)
{
    word result;
    if (kvm_uses_vmmcall)
        asm volatile("vmmcall" : "=a"(result) : "a"(number), "b"(a0), "c"(a1), "d"(a2), "S"(a3) : "memory");
    else
        asm volatile("vmcall" : "=a"(result) : "a"(number), "b"(a0), "c"(a1), "d"(a2), "S"(a3) : "memory");
    return (long)result;
}
