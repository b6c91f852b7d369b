// SPDX-License-Identifier: Apache-2.0

#include "synic.h"
#include "hyperv.h"
#include "x86.h"

#define PAGE_ENABLE 1
#define SCONTROL_ENABLE 1

void synic_enable(struct synic *synic)
{
    wrmsr(HV_X64_MSR_SIMP, (word)synic->messages | PAGE_ENABLE);
    wrmsr(HV_X64_MSR_SIEFP, (word)synic->event_flags | PAGE_ENABLE);
    wrmsr(HV_X64_MSR_SCONTROL, SCONTROL_ENABLE);
}

void synic_disable(void)
{
    for (u32 sint = 0; sint < SINT_COUNT; sint++)
        sint_write(sint, SINT_MASKED);
    wrmsr(HV_X64_MSR_SCONTROL, 0);
    wrmsr(HV_X64_MSR_SIEFP, 0);
    wrmsr(HV_X64_MSR_SIMP, 0);
}

void sint_write(u32 sint, u32 value) { wrmsr(HV_X64_MSR_SINT0 + sint, value); }
void eom(void) { wrmsr(HV_X64_MSR_EOM, 0); }
