// SPDX-License-Identifier: Apache-2.0
// One stub per vector that makes every frame look alike: vector, error code, and what the CPU pushed. All of them are
// unexpected; a guest that expects a vector puts its own stub into the IDT (interrupt.h).

#include "layout.h"

#ifdef __x86_64__
#define PUSH pushq
#else
#define PUSH pushl
#endif

        .text
        .global vector_stubs, ignore_interrupt
        .balign 1 << VECTOR_STUB_SHIFT
vector_stubs:
        .set vector, 0
        .rept 256
        .balign 1 << VECTOR_STUB_SHIFT
        // Exceptions with an error code of their own: SDM vol. 3, table 6-1; 29 and 30 are AMD's.
        .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
        PUSH $0
        .endif
        PUSH $vector
        jmp unexpected
        .set vector, vector + 1
        .endr

unexpected:
#ifdef __x86_64__
        movq %rsp, %rdi
        andq $-16, %rsp
#else
        movl %esp, %eax
        andl $-16, %esp
        subl $12, %esp
        pushl %eax
#endif
        call unexpected_vector
        ud2

// The spurious-interrupt vector sets no ISR bit and wants no EOI (SDM vol. 3, 11.9).
ignore_interrupt:
#ifdef __x86_64__
        iretq
#else
        iretl
#endif

        .section .note.GNU-stack, "", @progbits
