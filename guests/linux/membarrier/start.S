# SPDX-License-Identifier: Apache-2.0
# Where the kernel enters the program, and the calls that C cannot express.
    .text
    .globl _start
_start: # System V ABI, AMD64, 3.4.1: the stack holds argc, then argv
    xor %ebp, %ebp
    mov (%rsp), %edi
    lea 8(%rsp), %rsi
    and $-16, %rsp
    call program
    ud2

# long system_call(long number, long a, long b, long c, long d, long e)
    .globl system_call
system_call:
    mov %rdi, %rax
    mov %rsi, %rdi
    mov %rdx, %rsi
    mov %rcx, %rdx
    mov %r8, %r10
    mov %r9, %r8
    syscall
    ret

# long start_thread(char *top, long argument): clone(2) with CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM
    .globl start_thread
start_thread:
    mov %rsi, %r9
    mov %rdi, %rsi
    mov $0x50F00, %edi
    xor %edx, %edx
    xor %r10d, %r10d
    xor %r8d, %r8d
    mov $56, %eax
    syscall
    test %rax, %rax
    jz 1f
    ret
1:  xor %ebp, %ebp
    mov %r9, %rdi
    call thread_main
    ud2

    .section .note.GNU-stack, "", @progbits
