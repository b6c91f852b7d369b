// SPDX-License-Identifier: Apache-2.0
// A deadlock on purpose: every CPU is halted, and the interrupts that should wake them wait behind IF, TPR and ISR.
// A machine that looks can say so, and say what blocks each; QEMU just hangs.

#include "apic.h"
#include "interrupt.h"
#include "smp.h"
#include "x86.h"

#define VECTOR_LOST 0x41
#define VECTOR_TIMER 0x43
#define VECTOR_ACKNOWLEDGE 0x60
#define VECTOR_IN_SERVICE 0x4F // of the same priority class as VECTOR_LOST, hence blocks it (SDM vol. 3, 11.8.3.1)
#define VECTOR_TAKE_PLACE 0x80
#define TPR_ABOVE_LOST 0x50

enum role { NO_ROLE, ROLE_CONTROL, ROLE_IF_CLEAR, ROLE_TPR, ROLE_ISR, ROLE_MASKED_TIMER };

static volatile u32 roles[MAX_CPUS];
static volatile u32 in_place[MAX_CPUS];
static u32 acknowledgements;

INTERRUPT_HANDLER void on_lost(void)
{
    apic_eoi();
    __atomic_add_fetch(&acknowledgements, 1, __ATOMIC_RELEASE);
    apic_send(cpus[0].apic_id, ICR_ASSERT | ICR_FIXED | VECTOR_ACKNOWLEDGE);
}

INTERRUPT_HANDLER void on_wake(void) { apic_eoi(); }

INTERRUPT_HANDLER void on_in_service(void) // no EOI: its ISR bit stays
{
    in_place[this_cpu()] = 1;
    idle();
}

INTERRUPT_STUB(lost_stub, on_lost)
INTERRUPT_STUB(wake_stub, on_wake)
INTERRUPT_STUB(in_service_stub, on_in_service)

// ---- the other CPUs

static NORETURN void halt_with_interrupts_off(u32 index)
{
    in_place[index] = 1;
    for (;;)
        asm volatile("cli; hlt");
}

static void take_place(u32 index)
{
    switch (roles[index]) {
    case ROLE_IF_CLEAR:
        halt_with_interrupts_off(index);
    case ROLE_ISR:
        apic_send(0, ICR_SELF | ICR_ASSERT | ICR_FIXED | VECTOR_IN_SERVICE);
        return; // idle() lets it in, and it never comes back
    case ROLE_TPR:
        apic_write(APIC_TPR, TPR_ABOVE_LOST);
        break;
    case ROLE_MASKED_TIMER:
        apic_write(APIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
        apic_write(APIC_TIMER_INITIAL, 1000000);
        break;
    }
    in_place[index] = 1;
}

void ap_main(u32 index)
{
    while (roles[index] == NO_ROLE) {
        sti_hlt();
        cli();
    }
    take_place(index);
}

// ---- the boot processor

static void place(u32 cpu, enum role role)
{
    roles[cpu] = role;
    apic_send(cpus[cpu].apic_id, ICR_ASSERT | ICR_FIXED | VECTOR_TAKE_PLACE);
    while (!in_place[cpu])
        pause();
    settle(); // from the flag to the HLT
}

static void for_each_other(void (*act)(u32 cpu, u32 number))
{
    u32 number = 0;
    for (u32 i = 0; i < cpu_count; i++)
        if (cpus_by_apic_id[i] != 0)
            act(cpus_by_apic_id[i], ++number);
}

static void place_by_number(u32 cpu, u32 number)
{
    place(cpu, number <= ROLE_MASKED_TIMER ? (enum role)number : ROLE_CONTROL);
}

static void send_lost(u32 cpu, u32 number)
{
    (void)number;
    apic_send(cpus[cpu].apic_id, ICR_ASSERT | ICR_FIXED | VECTOR_LOST);
}

static void print_target(u32 cpu, u32 number) { print("%s%u", number == 1 ? "" : ",", cpus[cpu].apic_id); }

void bsp_main(void)
{
    idt_set(VECTOR_LOST, lost_stub);
    idt_set(VECTOR_ACKNOWLEDGE, wake_stub);
    idt_set(VECTOR_TAKE_PLACE, wake_stub);
    idt_set(VECTOR_IN_SERVICE, in_service_stub);
    smp_start(false);
    if (cpu_count < 3) {
        print("skip lost-ipi-halt reason=needs 3 CPUs or more to lose an interrupt\n");
        finish(EXIT_OK);
    }
    for_each_other(place_by_number);
    for_each_other(send_lost);
    print("lost-ipi-halt: sent 0x41 to apic ");
    for_each_other(print_target);
    print("; waiting\n");
    while (__atomic_load_n(&acknowledgements, __ATOMIC_ACQUIRE) != cpu_count - 1) {
        sti_hlt();
        cli();
    }
    print("fail every CPU acknowledged: nothing was lost\n");
    finish(EXIT_FAILED);
}
