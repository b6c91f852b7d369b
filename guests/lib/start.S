// SPDX-License-Identifier: Apache-2.0
// From the Multiboot loader (boot processor) or the SIPI (every other one) to cpu_main(index) on the CPU's own stack.
// Built twice: for long mode, and for 32-bit protected mode without paging.

#include "layout.h"

#define MULTIBOOT_MAGIC 0x1BADB002
#define MULTIBOOT_FLAGS 0x00000003          /* page-aligned modules, memory size wanted */
#define MULTIBOOT_LOADED 0x2BADB002

#define CR0_PROTECTED 0x00000011            /* PE and ET; clears CD and NW, which INIT sets (SDM vol. 3, table 10-1) */
#define CR0_PAGING 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xC0000080
#define EFER_LME 0x100

#define PAGE_PRESENT_WRITABLE 0x03
#define PAGE_LARGE_PRESENT_WRITABLE 0x83
#define PAGE_CACHE_DISABLE 0x10
#define LARGE_PAGES 2048                    /* of 2 MiB: 4 GiB */
#define FIRST_DEVICE_PAGE 1536              /* from 3 GiB on: PCI hole, IOAPIC, local APIC */

// There is no stack yet: Multiboot leaves ESP undefined (Multiboot 3.2).
        .macro load_data_segments
        movl $DATA_SELECTOR, %ecx
        movl %ecx, %ds
        movl %ecx, %es
        movl %ecx, %ss
        movl %ecx, %fs
        movl %ecx, %gs
        .endm

        .section .multiboot, "a"
        .balign 4
        .long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

        .text
        .code32
        .global _start
_start:
        cli
        cld
        cmpl $MULTIBOOT_LOADED, %eax
        jne stop
        movl %ebx, multiboot_info
        lgdt boot_gdt_pointer
        ljmp $CODE32_SELECTOR, $1f
1:      load_data_segments
        movl $stacks + STACK_SIZE, %esp
#ifdef __x86_64__
        call build_page_tables
#endif
        xorl %edi, %edi                     // index 0: the boot processor
        jmp enter_c

// An application processor, in protected mode, still without a stack: it takes the next index, and with it its stack.
ap_protected:
        load_data_segments
        movl $1, %edi
        lock xaddl %edi, next_cpu_index
        cmpl $MAX_CPUS_ASM, %edi
        jb enter_c
stop:   cli
        hlt
        jmp stop

#ifdef __x86_64__

// Identity map of the first 4 GiB by 2 MiB pages; device addresses uncached.
build_page_tables:
        movl $page_directory_pointers + PAGE_PRESENT_WRITABLE, page_map
        movl $page_directory_pointers, %edi
        movl $page_directories + PAGE_PRESENT_WRITABLE, %eax
        movl $4, %ecx
1:      movl %eax, (%edi)
        addl $0x1000, %eax
        addl $8, %edi
        decl %ecx
        jnz 1b
        movl $page_directories, %edi
        movl $PAGE_LARGE_PRESENT_WRITABLE, %eax
1:      cmpl $FIRST_DEVICE_PAGE, %ecx
        jne 2f
        orl $PAGE_CACHE_DISABLE, %eax
2:      movl %eax, (%edi)
        addl $0x200000, %eax
        addl $8, %edi
        incl %ecx
        cmpl $LARGE_PAGES, %ecx
        jne 1b
        ret

// EDI = CPU index. The order PAE, CR3, LME, PG is the one of SDM vol. 3, 10.8.5.
enter_c:
        movl %cr4, %eax
        orl $CR4_PAE, %eax
        movl %eax, %cr4
        movl $page_map, %eax
        movl %eax, %cr3
        movl $MSR_EFER, %ecx
        rdmsr
        orl $EFER_LME, %eax
        wrmsr
        movl %cr0, %eax
        orl $CR0_PAGING, %eax
        movl %eax, %cr0
        ljmp $CODE64_SELECTOR, $1f

        .code64
1:      movl %edi, %eax
        incl %eax
        shll $STACK_SHIFT, %eax
        addl $stacks, %eax
        movl %eax, %esp                     // the image is below 4 GiB, so the upper half is zero
        xorl %ebp, %ebp
        call cpu_main
        ud2
        .code32

#else

// EDI = CPU index, the argument of cpu_main.
enter_c:
        movl %edi, %eax
        incl %eax
        shll $STACK_SHIFT, %eax
        addl $stacks, %eax
        movl %eax, %esp
        xorl %ebp, %ebp
        subl $12, %esp                      // the ABI wants 16-byte alignment at the call
        pushl %edi
        call cpu_main
        ud2

#endif

// Copied to TRAMPOLINE_ADDRESS, where SIPI starts CPUs in real mode with CS.base = that address and IP = 0. Read-only, hence
// shared by any number of CPUs at once.
        .code16
        .global trampoline, trampoline_end
trampoline:
        cli
        cld
        movw %cs, %ax
        movw %ax, %ds
        lgdtl boot_gdt_pointer_copy - trampoline
        movl $CR0_PROTECTED, %eax
        movl %eax, %cr0
        ljmpl $CODE32_SELECTOR, $ap_protected
        .balign 4
boot_gdt_pointer_copy:
        .word boot_gdt_end - boot_gdt - 1
        .long boot_gdt
trampoline_end:

        .section .rodata
        .balign 8
        .global boot_gdt
boot_gdt:                                   // all flat, accessed bit already set: nobody writes here
        .quad 0
        .quad 0x00CF9B000000FFFF            // 0x08: 32-bit code
        .quad 0x00AF9B000000FFFF            // 0x10: 64-bit code
        .quad 0x00CF93000000FFFF            // 0x18: data
boot_gdt_end:
boot_gdt_pointer:
        .word boot_gdt_end - boot_gdt - 1
        .long boot_gdt

        .data
        .balign 4
        .global multiboot_info, next_cpu_index
multiboot_info:
        .long 0
next_cpu_index:
        .long 1

        .bss
        .balign 4096
        .global stacks
stacks: .skip MAX_CPUS_ASM * STACK_SIZE
#ifdef __x86_64__
page_map:
        .skip 4096
page_directory_pointers:
        .skip 4096
page_directories:
        .skip 4 * 4096
#endif

        .section .note.GNU-stack, "", @progbits
