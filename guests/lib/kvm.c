// SPDX-License-Identifier: Apache-2.0

#include "kvm.h"
#include "x86.h"

#define CPUID1_ECX_HYPERVISOR (1u << 31)
#define HYPERVISOR_FIRST 0x40000000u
#define HYPERVISOR_LAST 0x40010000u
#define HYPERVISOR_STEP 0x100u

bool kvm_uses_vmmcall;

bool hypervisor_present(void) { return cpuid(1, 0).ecx & CPUID1_ECX_HYPERVISOR; }

// KVM's leaves move up when another interface (Hyper-V) occupies the first block.
u32 kvm_features(void)
{
    if (!hypervisor_present())
        return 0;
    for (u32 base = HYPERVISOR_FIRST; base < HYPERVISOR_LAST; base += HYPERVISOR_STEP) {
        struct cpuid leaf = cpuid(base, 0);
        if (leaf.ebx == 0x4B4D564B && leaf.ecx == 0x564B4D56 && leaf.edx == 0x0000004D) // "KVMKVMKVM\0\0\0"
            return cpuid(base + 1, 0).eax;
    }
    return 0;
}

// The wrong one of the two is #UD on hardware, or an extra exit where the hypervisor patches it.
void kvm_choose_instruction(void)
{
    u32 vendor = cpuid(0, 0).ebx;
    kvm_uses_vmmcall = vendor == 0x68747541 || vendor == 0x6F677948; // "Auth"enticAMD, "Hygo"nGenuine
}
