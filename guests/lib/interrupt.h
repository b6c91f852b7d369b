// SPDX-License-Identifier: Apache-2.0
// Interrupt stubs and the IDT.
#pragma once

#include "types.h"

#define SPURIOUS_VECTOR 0xFF

// Defines the stub `name`: it saves what the C calling convention lets `function` destroy, and nothing else.
#ifdef __x86_64__
#define INTERRUPT_STUB(name, function)                                                                                           \
    void name(void);                                                                                                             \
    asm(".text\n.balign 16\n.global " #name "\n" #name ":\n"                                                                     \
        "pushq %rax; pushq %rcx; pushq %rdx; pushq %rsi; pushq %rdi; pushq %r8; pushq %r9; pushq %r10; pushq %r11\n"             \
        "call " #function "\n"                                                                                                   \
        "popq %r11; popq %r10; popq %r9; popq %r8; popq %rdi; popq %rsi; popq %rdx; popq %rcx; popq %rax\n"                      \
        "iretq\n");
#else
#define INTERRUPT_STUB(name, function)                                                                                           \
    void name(void);                                                                                                             \
    asm(".text\n.balign 16\n.global " #name "\n" #name ":\n"                                                                     \
        "pushl %eax; pushl %ecx; pushl %edx\n"                                                                                   \
        "call " #function "\n"                                                                                                   \
        "popl %edx; popl %ecx; popl %eax\n"                                                                                      \
        "iretl\n");
#endif

// Called from the stub's assembly only, which the compiler cannot see.
#define INTERRUPT_HANDLER __attribute__((used))

void idt_build(void);
void idt_set(u8 vector, void (*stub)(void));
void tables_load(u32 cpu_index); // GDT, TSS and IDT of the calling CPU
