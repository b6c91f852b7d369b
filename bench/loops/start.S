// SPDX-License-Identifier: Apache-2.0
// From flat 32-bit protected mode to 64-bit mode with four levels of 4 KiB pages, as an operating system would do; then calls
// round() EBX times (0: for ever), each time with what it returned before, and halts with the last result in RAX.
// With ROUNDS it is a Multiboot kernel for QEMU, which calls round() so often and powers off (peer.sh).

#define PAGE_MAP 0x10000
#define POINTERS 0x11000
#define DIRECTORY 0x12000
#define TABLES 0x13000
#define PAGES 4096                          /* 16 MiB, mapped one to one */
#define PRESENT_WRITABLE 3

#define CR0_PAGING 0x80010000               /* PG and WP */
#define CR4_PAE 0x20
#define MSR_EFER 0xC0000080
#define EFER_LME 0x100

        .section .start, "ax"
        .code32
        .global _start
#ifdef ROUNDS
        .long 0x1BADB002, 0, -0x1BADB002
_start: movl $ROUNDS, %ebx
        movl $POINTERS + PRESENT_WRITABLE, PAGE_MAP
#else
_start: movl $POINTERS + PRESENT_WRITABLE, PAGE_MAP
#endif
        movl $DIRECTORY + PRESENT_WRITABLE, POINTERS
        movl $PAGES / 512, %ecx
1:      leal -1(%ecx), %eax
        shll $12, %eax
        addl $TABLES + PRESENT_WRITABLE, %eax
        movl %eax, DIRECTORY - 8(, %ecx, 8)
        loop 1b
        movl $PAGES, %ecx
2:      leal -1(%ecx), %eax
        shll $12, %eax
        orl $PRESENT_WRITABLE, %eax
        movl %eax, TABLES - 8(, %ecx, 8)
        loop 2b
        movl $PAGE_MAP, %eax
        movl %eax, %cr3
        movl $CR4_PAE, %eax
        movl %eax, %cr4
        movl $MSR_EFER, %ecx
        rdmsr
        orl $EFER_LME, %eax
        wrmsr
        movl %cr0, %eax
        orl $CR0_PAGING, %eax
        movl %eax, %cr0
        lgdt gdt_pointer
        ljmp $8, $start64

        .balign 8
gdt:    .quad 0
        .quad 0x00AF9B000000FFFF
gdt_pointer:
        .word gdt_pointer - gdt - 1
        .long gdt

        .text
        .code64
start64:
        movl $0x80000, %esp
        movl %ebx, %r15d
        xorl %eax, %eax
1:      movq %rax, %rdi
        call round
        decq %r15
        jnz 1b
#ifdef ROUNDS
        outl %eax, $0xF4                    /* isa-debug-exit */
#endif
        hlt

        .section .note.GNU-stack, "", @progbits
