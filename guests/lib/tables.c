// SPDX-License-Identifier: Apache-2.0
// GDT, TSS and IDT. Long mode has a TSS per CPU for the stack of NMI and double fault; 32-bit mode does without one.

#include "interrupt.h"
#include "layout.h"
#include "platform.h"
#include "x86.h"

_Static_assert(MAX_CPUS == MAX_CPUS_ASM, "start.S and C disagree");

#define GATE_INTERRUPT 0x8E00u // present, DPL 0, interrupt gate: IF is cleared on entry (SDM vol. 3, 6.11)
#define VECTOR_NMI 2
#define VECTOR_DOUBLE_FAULT 8

struct ALIGNED(8) gate {
    u16 offset_low;
    u16 selector;
    u16 attributes; // bits 2:0 are the IST index in long mode
    u16 offset_middle;
#ifdef __x86_64__
    u32 offset_high;
    u32 reserved;
#endif
};

struct __attribute__((packed)) table_pointer {
    u16 limit;
    word base;
};

static struct gate idt[256] ALIGNED(16);
extern const u8 vector_stubs[];
void ignore_interrupt(void);

static void set_gate(u8 vector, word address, u8 stack)
{
    struct gate *gate = &idt[vector];
    gate->offset_low = (u16)address;
    gate->offset_middle = (u16)(address >> 16);
    gate->attributes = GATE_INTERRUPT | stack;
#ifdef __x86_64__
    gate->selector = CODE64_SELECTOR;
    gate->offset_high = (u32)(address >> 32);
#else
    gate->selector = CODE32_SELECTOR;
#endif
}

void idt_set(u8 vector, void (*stub)(void)) { set_gate(vector, (word)stub, 0); }

void idt_build(void)
{
    for (u32 vector = 0; vector < 256; vector++)
        set_gate(vector, (word)vector_stubs + (vector << VECTOR_STUB_SHIFT), 0);
#ifdef __x86_64__
    set_gate(VECTOR_NMI, (word)vector_stubs + (VECTOR_NMI << VECTOR_STUB_SHIFT), 1);
    set_gate(VECTOR_DOUBLE_FAULT, (word)vector_stubs + (VECTOR_DOUBLE_FAULT << VECTOR_STUB_SHIFT), 1);
#endif
    idt_set(SPURIOUS_VECTOR, ignore_interrupt);
}

#ifdef __x86_64__

#define FAULT_STACK_SIZE 1024
#define FLAT_DESCRIPTORS 4

struct __attribute__((packed)) tss { // SDM vol. 3, figure 7-11
    u32 reserved0;
    u64 rsp[3];
    u64 reserved1;
    u64 ist[7];
    u64 reserved2;
    u16 reserved3;
    u16 io_map_base;
};

static u64 gdt[FLAT_DESCRIPTORS + 2 * MAX_CPUS] ALIGNED(16);
static struct tss tss[MAX_CPUS] ALIGNED(16);
static u8 fault_stacks[MAX_CPUS][FAULT_STACK_SIZE] ALIGNED(16);
extern const u64 boot_gdt[];

static void describe_tss(u32 cpu_index)
{
    u64 base = (u64)&tss[cpu_index];
    u64 limit = sizeof(struct tss) - 1;
    u64 *descriptor = &gdt[FLAT_DESCRIPTORS + 2 * cpu_index];
    tss[cpu_index].ist[0] = (u64)fault_stacks[cpu_index + 1];
    tss[cpu_index].io_map_base = sizeof(struct tss); // no I/O bitmap
    descriptor[0] = limit | (base & 0xFFFFFF) << 16 | 0x89ull << 40 | (base >> 24 & 0xFF) << 56; // available 64-bit TSS
    descriptor[1] = base >> 32;
}

static void load_gdt(u32 cpu_index)
{
    struct table_pointer pointer = {sizeof(gdt) - 1, (word)gdt};
    if (cpu_index == 0) // before any other CPU runs
        for (u32 i = 0; i < FLAT_DESCRIPTORS; i++)
            gdt[i] = boot_gdt[i];
    describe_tss(cpu_index);
    asm volatile("lgdt %0" ::"m"(pointer) : "memory");
    asm volatile("ltr %w0" ::"r"(FIRST_TSS_SELECTOR + 16 * cpu_index) : "memory");
}

#else

static void load_gdt(u32 cpu_index) { (void)cpu_index; } // the boot GDT is all it needs

#endif

void tables_load(u32 cpu_index)
{
    struct table_pointer pointer = {sizeof(idt) - 1, (word)idt};
    load_gdt(cpu_index);
    asm volatile("lidt %0" ::"m"(pointer) : "memory");
}

struct frame {
    word vector, error, ip, cs, flags;
};

INTERRUPT_HANDLER void unexpected_vector(const struct frame *frame)
{
    word cr2;
    asm volatile("mov %%cr2, %0" : "=r"(cr2));
    print("exception vector=%u rip=%llx error=%llx cr2=%llx\n", (u32)frame->vector, (u64)frame->ip, (u64)frame->error, (u64)cr2);
    finish(EXIT_EXCEPTION);
}
