// SPDX-License-Identifier: Apache-2.0
// Starts every CPU; each says who it is.

#include "smp.h"
#include "x86.h"

static u32 greeted;

static void greet(u32 index)
{
    print_lock();
    print("cpu %u apic %u\n", index, cpus[index].apic_id);
    print_unlock();
    __atomic_add_fetch(&greeted, 1, __ATOMIC_RELEASE);
}

void ap_main(u32 index) { greet(index); }

void bsp_main(void)
{
    smp_start(false);
    greet(0);
    while (__atomic_load_n(&greeted, __ATOMIC_ACQUIRE) != cpu_count)
        pause();
    print("hello-smp: %u cpus\n", cpu_count);
    finish(EXIT_OK);
}
