// SPDX-License-Identifier: Apache-2.0
// All CPUs of the machine.
#pragma once

#include "layout.h"
#include "platform.h"
#include "types.h"

struct ALIGNED(CACHE_LINE) cpu {
    u32 apic_id;
    u32 vp_index; // Hyper-V's number of this CPU; 0 without Hyper-V
};

extern struct cpu cpus[MAX_CPUS]; // by index: the order of arrival, 0 is the boot processor
extern u16 cpus_by_apic_id[MAX_CPUS];
extern u32 cpu_count;
extern u8 stacks[];

// Every CPU runs on its own page of `stacks`, also in a handler, so its stack pointer tells its index.
static inline u32 this_cpu(void)
{
    return (u32)((word)__builtin_frame_address(0) - (word)stacks) >> STACK_SHIFT;
}

void smp_start(bool x2apic); // returns when all CPUs are in ap_main()
NORETURN void idle(void);
void settle(void); // lets the other CPUs walk the last steps into HLT

// The guest's own.
void bsp_main(void);
void ap_main(u32 index); // called with interrupts off; a return means idle()
