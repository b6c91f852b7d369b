// SPDX-License-Identifier: Apache-2.0
// Numbers that C and assembly share.
#pragma once

#define MAX_CPUS_ASM 1024
#define STACK_SHIFT 12
#define STACK_SIZE (1 << STACK_SHIFT)

#define CODE32_SELECTOR 0x08
#define CODE64_SELECTOR 0x10
#define DATA_SELECTOR 0x18
#define FIRST_TSS_SELECTOR 0x20

#define TRAMPOLINE_ADDRESS 0x8000
#define VECTOR_STUB_SHIFT 4
