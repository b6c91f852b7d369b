// SPDX-License-Identifier: Apache-2.0
// Bring-up of the other CPUs by one INIT and one SIPI to all but self (SDM vol. 3, 9.4.4).

#include "smp.h"
#include "apic.h"
#include "hyperv.h"
#include "interrupt.h"
#include "x86.h"

#define XAPIC_CPU_LIMIT 255 // ids 0..254; 255 is the broadcast
#define ARRIVAL_LIMIT 200000000u
#define SETTLE_PAUSES 256

struct cpu cpus[MAX_CPUS];
u16 cpus_by_apic_id[MAX_CPUS];
u32 cpu_count = 1;

static u32 arrived ALIGNED(CACHE_LINE);
extern const u8 trampoline[], trampoline_end[];

NORETURN void cpu_main(u32 index);

static void record_self(u32 index)
{
    cpus[index].apic_id = apic_id();
    cpus[index].vp_index = hyperv_has(HYPERV_VP_INDEX_ACCESS) ? (u32)rdmsr(HV_X64_MSR_VP_INDEX) : 0;
}

void cpu_main(u32 index)
{
    if (index == 0) {
        platform_init();
        idt_build();
        tables_load(0);
        bsp_main();
        finish(EXIT_OK);
    }
    tables_load(index);
    apic_start();
    record_self(index);
    __atomic_add_fetch(&arrived, 1, __ATOMIC_RELEASE);
    ap_main(index);
    idle();
}

void idle(void)
{
    for (;;)
        sti_hlt();
}

void settle(void)
{
    for (u32 i = 0; i < SETTLE_PAUSES; i++)
        pause();
}

static void copy_trampoline(void)
{
    volatile u8 *to = (volatile u8 *)TRAMPOLINE_ADDRESS;
    for (const u8 *from = trampoline; from < trampoline_end; from++)
        *to++ = *from;
}

static void wait_for_arrivals(u32 expected)
{
    for (u32 i = 0; __atomic_load_n(&arrived, __ATOMIC_ACQUIRE) != expected; i++) {
        if (i == ARRIVAL_LIMIT) {
            print("fail only %u of %u other CPUs arrived\n", arrived, expected);
            finish(EXIT_NO_CPUS);
        }
        pause();
    }
}

static void order_by_apic_id(void)
{
    for (u32 i = 0; i < cpu_count; i++) {
        u32 place = i;
        for (; place > 0 && cpus[cpus_by_apic_id[place - 1]].apic_id > cpus[i].apic_id; place--)
            cpus_by_apic_id[place] = cpus_by_apic_id[place - 1];
        cpus_by_apic_id[place] = (u16)i;
    }
}

void smp_start(bool x2apic)
{
    cpu_count = cpus_present();
    if (cpu_count > MAX_CPUS) {
        print("fail %u CPUs are more than the %u this guest has room for\n", cpu_count, MAX_CPUS);
        finish(EXIT_NO_CPUS);
    }
    apic_is_x2 = x2apic || (cpu_count > XAPIC_CPU_LIMIT && apic_offers_x2());
    apic_start();
    hyperv_discover();
    record_self(0);
    if (cpu_count > 1) {
        copy_trampoline();
        apic_send(0, ICR_ALL_BUT_SELF | ICR_ASSERT | ICR_INIT);
        settle();
        apic_send(0, ICR_ALL_BUT_SELF | ICR_ASSERT | ICR_STARTUP | TRAMPOLINE_ADDRESS >> 12);
        wait_for_arrivals(cpu_count - 1);
    }
    order_by_apic_id();
    settle();
}
